package io.streamsocial.processor.views;

import io.streamsocial.store.table.Tail;

/**
 * The function of one view, on the bytes of rows. Says which view and function it was when that
 * fails. Immutable; for any thread.
 */
final class Aggregation<S> implements Tail.Merger {
  private final String view;
  private final AggregateFunction<S> function;

  Aggregation(String view, AggregateFunction<S> function) {
    this.view = view;
    this.function = function;
  }

  /**
   * The state of one emission.
   *
   * @throws RejectedRecord its record cannot be counted
   */
  byte[] stateOf(long timeMs, byte[] bytes, int offset, int length) {
    byte[] state;
    try {
      state = function.encode(function.add(function.create(), timeMs, bytes, offset, length));
    } catch (RejectedRecord e) {
      throw e;
    } catch (Exception | StackOverflowError e) { // the function is the user's
      throw new RejectedRecord(
          RejectedRecord.EXTRACTOR_FAILED,
          "the aggregate function %s threw %s".formatted(function.name(), e));
    }
    if (state.length > Tail.BYTES_MAX) {
      throw new RejectedRecord(
          RejectedRecord.BAD_VALUE,
          "a state of the aggregate function %s has %d bytes, at most %d are allowed"
              .formatted(function.name(), state.length, Tail.BYTES_MAX));
    }
    return state;
  }

  /**
   * @throws IllegalStateException the function failed, or its state has outgrown the bound
   */
  @Override
  public byte[] merge(byte[] one, byte[] other) {
    byte[] merged;
    try {
      merged = function.encode(function.merge(function.decode(one), function.decode(other)));
    } catch (Exception | StackOverflowError e) { // the function is the user's
      throw new IllegalStateException(
          "the aggregate function %s of view %s threw %s when it merged two states, of %d and %d bytes; the view would be wrong without them, so the engine stops: correct the function, and when states that it wrote cannot be read, run reset --view %s on every instance"
              .formatted(function.name(), view, e, one.length, other.length, view),
          e);
    }
    if (merged.length > Tail.BYTES_MAX) {
      throw new IllegalStateException(
          "the aggregate function %s of view %s made a state of %d bytes of two, of %d and %d; at most %d are allowed, so the engine stops: bound what a state keeps, give the function another name, and the view too"
              .formatted(
                  function.name(), view, merged.length, one.length, other.length, Tail.BYTES_MAX));
    }
    return merged;
  }
}
