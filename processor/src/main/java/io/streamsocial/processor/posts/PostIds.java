package io.streamsocial.processor.posts;

import java.security.SecureRandom;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * By what a post that is sent again is recognised: the header {@link PostRules#IDEMPOTENCY_HEADER}
 * of its record, and its {@code post_id} where that is asked for. Both are kept as hashes, until
 * the next post, and never equal each other. Not thread-safe.
 */
public final class PostIds {
  // Random, so that nobody can choose ids that share a hash or a bucket.
  private static final long[] KEYS = new SecureRandom().longs(4).toArray();

  private final boolean byPostId;
  private final SipHash header = new SipHash(KEYS[0], KEYS[1]);
  private final SipHash postId = new SipHash(KEYS[2], KEYS[3]);
  private boolean hasHeader;
  private boolean hasPostId;

  /**
   * @param byPostId false for the header alone
   */
  PostIds(boolean byPostId) {
    this.byPostId = byPostId;
  }

  boolean areOfPosts() {
    return byPostId;
  }

  /** Of the next post. An empty value is no id. */
  public void header(Headers headers) {
    Header last = headers.lastHeader(PostRules.IDEMPOTENCY_HEADER);
    byte[] value = last == null ? null : last.value();
    hasHeader = false;
    if (value != null && value.length > 0) {
      header.hash(value);
      hasHeader = true;
    }
  }

  /** Of the next record, which is not a post. */
  public void clearPostId() {
    hasPostId = false;
  }

  void postId(char[] chars, int offset, int length) {
    hasPostId = length > 0;
    if (hasPostId) {
      postId.hash(chars, offset, length);
    }
  }

  /** The same of ASCII. */
  void postId(byte[] ascii, int offset, int length) {
    hasPostId = length > 0;
    if (hasPostId) {
      postId.hashAscii(ascii, offset, length);
    }
  }

  public boolean isEmpty() {
    return !hasHeader && !hasPostId;
  }

  boolean hasHeader() {
    return hasHeader;
  }

  SipHash header() {
    return header;
  }

  boolean hasPostId() {
    return hasPostId;
  }

  SipHash postId() {
    return postId;
  }
}
