package io.streamsocial.processor.views;

/**
 * A state of any kind that a row of a view keeps as bytes, such as a sketch of distinct users: how
 * emissions go into it, and how two of them become one. See {@link ViewBuilder#aggregate}.
 *
 * <p>What the engine needs of it, whatever the states a, b and c:
 *
 * <ul>
 *   <li>{@link #merge} is associative and commutative: {@code merge(a, b)} is {@code merge(b, a)},
 *       and {@code merge(merge(a, b), c)} is {@code merge(a, merge(b, c))}. Emissions are merged
 *       before they reach the task that counts them, in any order and in parts of any size, and
 *       another instance merges them in other parts.
 *   <li>{@code decode(encode(a))} is a, and equal states have equal bytes: two instances that
 *       counted the same compare their rows by these.
 *   <li>The state has a bound: {@link #encode} returns at most {@link #BYTES_MAX} bytes, also of a
 *       row that all keys of the input went into.
 *   <li>A result depends on nothing but the arguments: no clock, no random seed.
 * </ul>
 *
 * <p>{@code AggregateLaws} of the module {@code processor-test} checks all of these with random
 * samples, and names what does not hold.
 *
 * <p>It is slower than fields are: each merge decodes two states and encodes one, and allocates.
 * Where a sum, a smallest, a largest or a latest value says enough, use these.
 *
 * <p><b>Failures.</b> An exception of {@link #create}, {@link #add} or {@link #encode} as a record
 * is read rejects the record. One of {@link #merge}, {@link #decode} or {@link #encode} when two
 * states become one stops the engine with an error that names the view and the function: a state
 * that cannot be merged would be wrong from then on. One of {@link #result} fails the question.
 *
 * <p>Several threads call one function at once, each with states of its own, so it keeps nothing
 * between two calls.
 *
 * @param <S> the state; it may be changed in place by {@link #add} and {@link #merge}
 */
public interface AggregateFunction<S> {
  /** The most bytes of a state, and of what an emission gives. */
  int BYTES_MAX = Emissions.TAIL_BYTES_MAX;

  /**
   * Names the function and how it encodes: 1 to 64 of the characters a-z A-Z 0-9 . _ -. Instances
   * whose views differ in it do not count together, so a function that encodes in another way has
   * another name, and its view too: what the old one wrote cannot be read.
   */
  String name();

  /** A state without an emission. */
  S create();

  /**
   * Adds what one emission gives.
   *
   * @param timeMs its event time, epoch milliseconds
   * @param bytes the emission's from an offset on; not to be kept, and not to be changed
   * @return the state with it: the same object or another
   * @throws RejectedRecord the record cannot be counted, for this reason
   */
  S add(S state, long timeMs, byte[] bytes, int offset, int length);

  /**
   * Makes one state of two.
   *
   * @return either of them, changed, or another
   */
  S merge(S one, S other);

  /** The state as bytes, at most {@link #BYTES_MAX}; the same for equal states. */
  byte[] encode(S state);

  /**
   * The state that these bytes are of; an exception when they are of none.
   *
   * @param bytes for this call alone
   */
  S decode(byte[] bytes);

  /** What answers show of the state: one number. */
  long result(S state);
}
