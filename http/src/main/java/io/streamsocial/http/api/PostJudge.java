package io.streamsocial.http.api;

import io.streamsocial.processor.Moment;
import io.streamsocial.processor.posts.Hashtags;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.processor.posts.PostRules;
import io.streamsocial.processor.posts.Rejection;
import io.streamsocial.store.Windowing;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Says of a post what the engine will make of it, by the engine's own parser: so no post that the
 * API accepts is one that the engine rejects. Holds the last post; made for one request.
 */
public final class PostJudge {
  /** A hashtag as a string and in the answer, beside its characters. */
  private static final int HASHTAG_BYTES = 64;

  private final PostParser parser;
  private final long maxFutureMs;
  private final Windowing windowing;
  private final Moment now;
  private final long streamTimeMs;

  /**
   * The engine's settings.
   *
   * @param maxFuture how far ahead of now a post may be dated
   * @param maxPostBytes of its JSON
   * @param windowing which windows still count, and which are kept
   */
  public record Bounds(Duration maxFuture, int maxPostBytes, Windowing windowing) {}

  /**
   * @param streamTimeMs up to which some partition has counted; the others have the same notes to
   *     read before they read a later post. {@link Long#MIN_VALUE} while unknown
   */
  PostJudge(Bounds bounds, Moment now, long streamTimeMs) {
    this.maxFutureMs = bounds.maxFuture.toMillis();
    this.parser = new PostParser(bounds.maxPostBytes, maxFutureMs);
    this.windowing = bounds.windowing;
    this.now = now;
    this.streamTimeMs = streamTimeMs;
  }

  /** For the known fields of the same posts. */
  PostFields fields() {
    return new PostFields(now.latestMs(), maxFutureMs);
  }

  /** Why the engine would reject it. */
  Optional<Rejection> rejection(byte[] json) {
    return Optional.ofNullable(parser.parse(json, 0, json.length, now.wallMs(), now.latestMs()));
  }

  /** Those of the last post as they are counted, one for each mention. */
  List<String> hashtags() {
    Hashtags tags = parser.hashtags();
    List<String> all = new ArrayList<>(tags.size());
    for (int i = 0; i < tags.size(); i++) {
      all.add(new String(tags.bytes(), tags.offset(i), tags.length(i), StandardCharsets.UTF_8));
    }
    return all;
  }

  /** What they take until the request is answered. */
  long hashtagBytes() {
    Hashtags tags = parser.hashtags();
    int size = tags.size();
    // As characters, which may have two bytes each, and three times in the answer, as it grows.
    return size == 0 ? 0 : size * (long) HASHTAG_BYTES + 5L * tags.offset(size);
  }

  /**
   * What of the last post certainly does not count.
   *
   * @param hasTimestamp otherwise it gets its time when it is written
   * @param warn gets the field and the reason
   */
  void warnings(boolean hasTimestamp, BiConsumer<String, String> warn) {
    Hashtags tags = parser.hashtags();
    if (tags.oversized() > 0) {
      warn.accept(
          "text",
          "hashtags of more than %d characters are not counted, found %d"
              .formatted(PostRules.MAX_HASHTAG_CODE_POINTS, tags.oversized()));
    }
    if (tags.missed() > 0) {
      warn.accept(
          "text",
          "a hashtag has no word before its # and a letter, digit or _ behind it, found %d without"
              .formatted(tags.missed()));
    }
    if (tags.size() == 0) {
      warn.accept("text", "no hashtag in it that is counted");
    }
    if (hasTimestamp) {
      age(warn);
    }
  }

  private void age(BiConsumer<String, String> warn) {
    long start = windowing.start(parser.timestampMs());
    // As far as a query reaches back that asks for the oldest instant and the most windows.
    long readMs = now.wallMs() - windowing.retentionMs() - 2 * windowing.sizeMs();
    if (windowing.isLate(start, streamTimeMs)) {
      warn.accept(
          "timestamp",
          "not counted any more: its window ended at %d, and posts up to %d have been counted"
              .formatted(windowing.end(start), streamTimeMs));
    } else if (windowing.isExpired(start, readMs)) {
      warn.accept(
          "timestamp",
          "no query reads its window any more, which ended at %d: the retention is %d ms"
              .formatted(windowing.end(start), windowing.retentionMs()));
    }
  }
}
