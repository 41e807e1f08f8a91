package io.streamsocial.processor.posts;

import io.streamsocial.processor.posts.Rejection.Reason;
import org.jspecify.annotations.Nullable;

/**
 * Reads one post from the bytes of its record, without building an object for it: {@link
 * #hashtags()}, {@link #region()} and {@link #timestampMs()} hold the result until the next call.
 * {@link PostRules} says which posts can be counted. Not thread-safe.
 *
 * <p>Unknown fields are skipped. When a field comes twice, the last one is used, as in most JSON
 * libraries.
 *
 * <p>An ordinary post is read in place by {@link PostScan}, any other by Jackson's parser, from the
 * start.
 */
public final class PostParser {
  private final int maxBytes;
  private final long maxFutureMs;
  private final ParsedPost post;
  private final JacksonPosts jackson;

  /** Reads neither {@code post_id} nor {@code user_id}. */
  public PostParser(int maxBytes, long maxFutureMs) {
    this(maxBytes, maxFutureMs, false);
  }

  /** Reads no {@code user_id}. */
  public PostParser(int maxBytes, long maxFutureMs, boolean byPostId) {
    this(maxBytes, maxFutureMs, byPostId, false);
  }

  /**
   * @param byPostId whether posts are known by their {@code post_id}
   * @param withUser whether {@link #user} is read
   */
  public PostParser(int maxBytes, long maxFutureMs, boolean byPostId, boolean withUser) {
    this.maxBytes = maxBytes;
    this.maxFutureMs = maxFutureMs;
    this.post = new ParsedPost(byPostId, withUser);
    this.jackson = new JacksonPosts(post);
  }

  /**
   * Reads one post.
   *
   * @param recordMs the record's own timestamp, used when the post has none
   * @param nowMs the wall clock
   * @return null when it can be counted
   */
  public @Nullable Rejection parse(
      byte[] bytes, int offset, int length, long recordMs, long nowMs) {
    if (length > maxBytes) {
      return new Rejection(
          Reason.TOO_LARGE, "%d bytes, at most %d are allowed".formatted(length, maxBytes));
    }
    post.clear();
    if (!PostScan.read(bytes, offset, length, post)) {
      post.clear();
      Rejection rejection = jackson.read(bytes, offset, length);
      if (rejection != null) {
        return rejection;
      }
    }
    return checkTime(recordMs, nowMs);
  }

  private @Nullable Rejection checkTime(long recordMs, long nowMs) {
    if (!post.hasTimestamp()) {
      post.setTimestamp(recordMs);
    }
    long timestampMs = post.timestampMs();
    if (timestampMs < 0) {
      return new Rejection(Reason.TIMESTAMP_NEGATIVE, timestampMs + " is before 1970");
    }
    if (PostRules.looksLikeSeconds(timestampMs)) {
      return new Rejection(
          Reason.TIMESTAMP_IN_SECONDS,
          timestampMs + " is before 2001 in milliseconds: it looks like seconds");
    }
    if (PostRules.isTooFarAhead(timestampMs, nowMs, maxFutureMs)) {
      return new Rejection(
          Reason.TIMESTAMP_IN_FUTURE,
          "%d is more than %d ms ahead of the clock".formatted(timestampMs, maxFutureMs));
    }
    return null;
  }

  /** Of the post; that of the record is the caller's to read, see {@link PostIds#header}. */
  public PostIds ids() {
    return post.ids();
  }

  /**
   * The {@code user_id} in UTF-8; empty when there is none, or it is too long.
   *
   * @throws IllegalStateException of a parser that reads none
   */
  public Utf8Buffer user() {
    Utf8Buffer known = post.user();
    if (known == null) {
      throw new IllegalStateException("this parser reads no user");
    }
    return known;
  }

  /**
   * Looks for them when it is called first: a post whose hashtags count nowhere costs no search.
   * The bytes of the post must still be what they were.
   */
  public Hashtags hashtags() {
    return post.hashtags();
  }

  /**
   * Holds the text in UTF-8 from {@link #textOffset} on, until {@link #release}; to be read only.
   */
  public byte[] text() {
    return post.text();
  }

  public int textOffset() {
    return post.textOffset();
  }

  /**
   * Bytes of the text, or of its beginning: as many whole characters as fit.
   *
   * @param bytesMax more than the bytes of one character
   */
  public int textLength(int bytesMax) {
    int length = post.textLength();
    return length <= bytesMax ? length : Utf8.cut(post.text(), post.textOffset(), bytesMax);
  }

  /**
   * Neither text nor hashtags are asked for again: until then the parser holds the bytes that the
   * text was read from. For a parser that may wait long for its next post.
   */
  public void release() {
    post.release();
  }

  /** UTF-8, 1 to 64 bytes; the parser's own array, to be read only. */
  public byte[] region() {
    return post.region();
  }

  /** When the post says it was written, epoch milliseconds. */
  public long timestampMs() {
    return post.timestampMs();
  }
}
