package io.streamsocial.processor.test;

import io.streamsocial.processor.views.AggregateFunction;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Checks that an {@link AggregateFunction} is what the engine needs, with random states made of
 * samples: merging is associative and commutative, decoding undoes encoding, equal states have
 * equal bytes, and no state is too large. Every view that aggregates should have this one line in
 * its tests:
 *
 * <pre>{@code
 * AggregateLaws.check(new DistinctUsers(), samples, 1);
 * }</pre>
 *
 * <p>It cannot prove them: it tries {@value #ROUNDS} random cases. Give it samples that meet each
 * other, such as the same user twice, and many enough to fill a state.
 */
public final class AggregateLaws {
  private static final int ROUNDS = 500;
  private static final int SHOWN_BYTES = 64;

  private AggregateLaws() {}

  /**
   * Checks a function.
   *
   * @param samples bytes as emissions may give them, one or more; their event times are random
   * @param seed the same seed has the same cases
   * @throws AssertionError one of the laws does not hold; the message says which, for which states,
   *     and how to repeat it
   */
  public static <S> void check(AggregateFunction<S> function, List<byte[]> samples, long seed) {
    if (samples.isEmpty()) {
      throw new IllegalArgumentException("no samples: give some bytes as emissions may have them");
    }
    new Check<>(function, samples, new SplittableRandom(seed), seed).run();
  }

  private record Check<S>(
      AggregateFunction<S> function, List<byte[]> samples, SplittableRandom random, long seed) {

    void run() {
      for (int round = 0; round < ROUNDS; round++) {
        byte[] a = state();
        byte[] b = state();
        byte[] c = state();
        same("decode(encode(a)) is a", a, encode(function.decode(a.clone())), a);
        same("merge(a, b) is merge(b, a)", merge(a, b), merge(b, a), a, b);
        same(
            "merge(merge(a, b), c) is merge(a, merge(b, c))",
            merge(merge(a, b), c),
            merge(a, merge(b, c)),
            a,
            b,
            c);
        same("merge(a, b) is the same when it is made again", merge(a, b), merge(a, b), a, b);
        long result = function.result(function.decode(a.clone()));
        if (result != function.result(function.decode(a.clone()))) {
          throw broken("result(a) is the same when it is asked again", a);
        }
      }
    }

    /** The state of some emissions, as the engine makes it. */
    private byte[] state() {
      byte[] state = emission();
      // Mostly few, now and then as many as there are samples.
      int most = random.nextInt(20) == 0 ? samples.size() : 4;
      for (int i = random.nextInt(most); i > 0; i--) {
        state = merge(state, emission());
      }
      return state;
    }

    private byte[] emission() {
      byte[] sample = samples.get(random.nextInt(samples.size()));
      // Not the whole array, so that a function that ignores offset and length is found.
      byte[] padded = new byte[sample.length + 3];
      System.arraycopy(sample, 0, padded, 2, sample.length);
      long timeMs = random.nextLong(10L * 86_400_000);
      byte[] state = encode(function.add(function.create(), timeMs, padded, 2, sample.length));
      byte[] again = encode(function.add(function.create(), timeMs, sample, 0, sample.length));
      same("add() reads the bytes from offset on, as many as length says", state, again, sample);
      return state;
    }

    private byte[] merge(byte[] one, byte[] other) {
      return encode(function.merge(function.decode(one.clone()), function.decode(other.clone())));
    }

    private byte[] encode(S state) {
      byte[] bytes = function.encode(state);
      if (bytes.length > AggregateFunction.BYTES_MAX) {
        throw broken(
            "a state has at most %d bytes, and this one %d"
                .formatted(AggregateFunction.BYTES_MAX, bytes.length));
      }
      return bytes;
    }

    private void same(String law, byte[] one, byte[] other, byte[]... states) {
      if (!Arrays.equals(one, other)) {
        throw new AssertionError(
            "%s: one side is %s, the other %s"
                .formatted(broken(law, states).getMessage(), shown(one), shown(other)));
      }
    }

    private AssertionError broken(String law, byte[]... states) {
      StringBuilder of = new StringBuilder();
      for (int i = 0; i < states.length; i++) {
        of.append(i == 0 ? " for " : ", ").append((char) ('a' + i)).append(" = ");
        of.append(shown(states[i]));
      }
      return new AssertionError(
          "the aggregate function %s breaks the law '%s'%s (seed %d)"
              .formatted(function.name(), law, of, seed));
    }

    private static String shown(byte[] state) {
      String hex =
          HexFormat.of().formatHex(Arrays.copyOf(state, Math.min(state.length, SHOWN_BYTES)));
      return state.length > SHOWN_BYTES
          ? "0x%s... (%d bytes)".formatted(hex, state.length)
          : "0x" + hex;
    }
  }
}
