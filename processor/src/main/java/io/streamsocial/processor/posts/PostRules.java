package io.streamsocial.processor.posts;

/**
 * The rules of a post that can be counted, for all that read posts. Each caller words its own
 * message.
 */
public final class PostRules {
  /** 2001-01-01T00:00:00Z in epoch milliseconds. */
  public static final long EARLIEST_MS = 978_307_200_000L;

  public static final int MAX_REGION_BYTES = 64;

  /** A longer {@code user_id} is counted for no user. */
  public static final int MAX_USER_BYTES = 256;

  /** Longer hashtags are noise or an attack; they are counted and ignored. */
  public static final int MAX_HASHTAG_CODE_POINTS = 100;

  /**
   * The header of a Kafka record whose value, any bytes, names the post: records of one posts
   * partition with equal values are one post that was sent again.
   */
  public static final String IDEMPOTENCY_HEADER = "idempotency-key";

  private PostRules() {}

  /** An earlier time is most likely in seconds instead of milliseconds. */
  public static boolean looksLikeSeconds(long timestampMs) {
    return timestampMs < EARLIEST_MS;
  }

  /** Whether the time lies further ahead of the clock than a post may be dated. */
  public static boolean isTooFarAhead(long timestampMs, long nowMs, long maxFutureMs) {
    // Not now + max < timestamp: a time near Long.MAX_VALUE must not overflow into the past.
    return timestampMs - maxFutureMs > nowMs;
  }

  /**
   * NUL separates the region from the hashtag in the stores' keys; half of a surrogate pair has no
   * bytes, and would become another region.
   */
  public static boolean hasForbiddenCharacter(String region) {
    return region.codePoints().anyMatch(c -> c == 0 || (c >= 0xD800 && c <= 0xDFFF));
  }
}
