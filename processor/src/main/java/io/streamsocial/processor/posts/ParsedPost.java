package io.streamsocial.processor.posts;

import org.jspecify.annotations.Nullable;

/**
 * What was read of one post; reused from post to post. Hashtags are looked for when they are asked
 * for, in the bytes that the post was read from. Not thread-safe.
 */
final class ParsedPost {
  private static final byte[] NO_BYTES = {};

  private final Hashtags hashtags = new Hashtags();
  private final TextBuffer textBuffer = new TextBuffer();
  private final RegionNames regions = new RegionNames();
  private final PostIds ids;
  private final @Nullable Utf8Buffer user;
  private byte[] region = RegionNames.NO_REGION;
  private byte[] text = NO_BYTES;
  private int textOffset;
  private int textLength;
  private boolean isTextSearched;
  private boolean hasText;
  private boolean hasTimestamp;
  private long timestampMs;

  /**
   * @param byPostId whether {@code post_id} is read
   * @param withUser whether {@code user_id} is read
   */
  ParsedPost(boolean byPostId, boolean withUser) {
    this.user = withUser ? new Utf8Buffer(PostRules.MAX_USER_BYTES) : null;
    this.ids = new PostIds(byPostId);
  }

  /** Before the next post is read, or read again. */
  void clear() {
    noText();
    hashtags.clear();
    textBuffer.clear();
    ids.clearPostId();
    if (user != null) {
      user.clear();
    }
    region = RegionNames.NO_REGION;
    hasTimestamp = false;
  }

  void noText() {
    hasText = false;
    text(NO_BYTES, 0, 0);
  }

  /** Well-formed UTF-8 that stays as it is until the next post. */
  void setText(byte[] bytes, int offset, int length) {
    hasText = true;
    text(bytes, offset, length);
  }

  private void text(byte[] bytes, int offset, int length) {
    text = bytes;
    textOffset = offset;
    textLength = length;
    isTextSearched = false;
  }

  boolean hasText() {
    return hasText;
  }

  /** Holds a text that is no UTF-8 in the record. */
  TextBuffer textBuffer() {
    return textBuffer;
  }

  Hashtags hashtags() {
    if (!isTextSearched) {
      hashtags.scan(text, textOffset, textLength);
      isTextSearched = true;
    }
    return hashtags;
  }

  /** Holds the text from {@link #textOffset} on. */
  byte[] text() {
    return text;
  }

  int textOffset() {
    return textOffset;
  }

  int textLength() {
    return textLength;
  }

  /** The text, which holds a fetch of the consumer, goes; hashtags that were asked for stay. */
  void release() {
    text = NO_BYTES;
    textOffset = 0;
    textLength = 0;
  }

  void setRegion(byte[] name) {
    region = name;
  }

  byte[] region() {
    return region;
  }

  RegionNames regions() {
    return regions;
  }

  void noTimestamp() {
    hasTimestamp = false;
  }

  void setTimestamp(long epochMs) {
    hasTimestamp = true;
    timestampMs = epochMs;
  }

  boolean hasTimestamp() {
    return hasTimestamp;
  }

  long timestampMs() {
    return timestampMs;
  }

  PostIds ids() {
    return ids;
  }

  /** Null where no user is read. */
  @Nullable Utf8Buffer user() {
    return user;
  }
}
