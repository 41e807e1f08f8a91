package io.streamsocial.bench.micro;

import io.streamsocial.bench.posts.PostSource;
import java.util.SplittableRandom;

/** Mentions by Zipf's law: a ring of ranks, and the hashtags that they stand for. */
final class BenchmarkStream {
  private static final int SIZE = 1 << 20;

  final byte[][] tags;
  private final int[] ranks = new int[SIZE];

  BenchmarkStream(int tags) {
    this.tags = PostSource.tags(tags);
    SplittableRandom random = new SplittableRandom(1);
    PostSource.Zipf zipf = new PostSource.Zipf(tags);
    for (int i = 0; i < SIZE; i++) {
      ranks[i] = zipf.next(random);
    }
  }

  /** The rank of mention i; any index: the ring goes round. */
  int rank(int i) {
    return ranks[i & SIZE - 1];
  }
}
