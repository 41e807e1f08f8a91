package io.streamsocial.processor;

import java.util.function.ToLongFunction;

/** Sums over the loops and partitions of one status. */
public final class StatusTotals {
  private StatusTotals() {}

  public static long counters(EngineStatus status, ToLongFunction<EngineStatus.Counters> field) {
    return status.loops().stream().mapToLong(loop -> field.applyAsLong(loop.counters())).sum();
  }

  public static long partitions(EngineStatus status, ToLongFunction<EngineStatus.Partition> field) {
    return status.partitions().stream().mapToLong(field).sum();
  }

  /** Posts not yet read by any loop, in records; -1 when one of them does not know. */
  public static long postsLag(EngineStatus status) {
    return sumOrUnknown(status.loops().stream().mapToLong(EngineStatus.Loop::postsLag).toArray());
  }

  /** Shuffle records not yet included by any count task; -1 when one of them does not know. */
  public static long shuffleLag(EngineStatus status) {
    return sumOrUnknown(
        status.partitions().stream().mapToLong(EngineStatus.Partition::shuffleLag).toArray());
  }

  private static long sumOrUnknown(long[] values) {
    long sum = 0;
    for (long value : values) {
      if (value < 0) {
        return -1;
      }
      sum += value;
    }
    return values.length == 0 ? -1 : sum;
  }
}
