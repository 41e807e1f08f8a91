package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostSource;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.store.Windowing;
import java.nio.charset.StandardCharsets;

/** A ring of posts, more than the caches of a core hold. */
final class BenchmarkPosts {
  static final Windowing WINDOWING = new Windowing(PostSource.WINDOW_MS, 3_600_000, 7_200_000);

  private static final int SIZE = 1 << 16;
  private static final long BEGIN_MS =
      1_800_000_000_000L / PostSource.WINDOW_MS * PostSource.WINDOW_MS;

  private final byte[][] posts;
  private final long nowMs;

  private BenchmarkPosts(byte[][] posts, long nowMs) {
    this.posts = posts;
    this.nowMs = nowMs;
  }

  /**
   * @param tags distinct hashtags
   * @param spanMs event time covered
   */
  static BenchmarkPosts of(int tags, long spanMs) {
    PostSource source = new PostSource(new PostSource.Parameters(1, tags, BEGIN_MS, spanMs, SIZE));
    byte[][] posts = new byte[SIZE][];
    for (int i = 0; i < SIZE; i++) {
      posts[i] = source.post(i);
    }
    return new BenchmarkPosts(posts, BEGIN_MS + spanMs);
  }

  static PostParser parser() {
    return new PostParser(1 << 20, 3_600_000);
  }

  int size() {
    return SIZE;
  }

  /** Any index: the ring goes round. */
  byte[] post(int i) {
    return posts[i & SIZE - 1];
  }

  /** A wall clock behind every post. */
  long nowMs() {
    return nowMs;
  }

  /** Its text. */
  String text(int i) {
    String json = new String(post(i), StandardCharsets.UTF_8);
    int from = json.indexOf("\"text\":\"") + 8;
    return json.substring(from, json.indexOf('"', from));
  }
}
