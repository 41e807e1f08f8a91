package io.streamsocial.processor.loop;

import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TimeoutException;

/**
 * A publish that was not committed, as far as this loop knows. Here it is decided what became of
 * its transaction, and so what the loop must undo:
 *
 * <pre>
 *   failure                                    transaction          undone by
 *   ------------------------------------------------------------------------------
 *   before the commit, whatever it is          aborted              REWIND
 *     the group has another generation           "                    "
 *     a broker refuses access                    "                    "
 *   in the commit, refused by the brokers      aborted              REWIND
 *   in the commit, timeout or interrupt        unknown: the         START_OVER
 *                                              brokers may have
 *                                              committed it, and
 *                                              an abort could lie
 *   fenced, or any other whose abort fails     unknown              START_OVER
 *
 *   at least once: all but a timeout           none: what was sent  REWIND
 *                                              stays, and is sent
 *                                              again
 * </pre>
 *
 * REWIND forgets what was folded since the last publish and reads those posts again. START_OVER
 * replaces the producer, which settles the open transaction, and opens everything assigned from
 * what the group has committed. Neither touches the live state of count tasks: that comes from
 * committed shuffle records only.
 *
 * <p>Two failures are no {@code CommitFailure}: at-least-once offsets that a rebalance refuses come
 * with the next publish (see {@link Publisher}), and a store that fails after the commit is opened
 * again (see {@link StoreFailures}). Whether the loop then waits for a person, see {@link
 * LoopTrouble#isRefusal}.
 */
final class CommitFailure extends Exception {
  private static final long serialVersionUID = 1L;

  /** What the loop does about it. */
  enum Undo {
    REWIND,
    START_OVER
  }

  private final Undo undo;

  private CommitFailure(KafkaException cause, Undo undo) {
    super(cause);
    this.undo = undo;
  }

  /**
   * @param abort aborts the transaction; returns whether that is certain
   */
  static CommitFailure beforeCommit(KafkaException cause, BooleanSupplier abort) {
    return new CommitFailure(cause, abort.getAsBoolean() ? Undo.REWIND : Undo.START_OVER);
  }

  /**
   * @param abort aborts the transaction; returns whether that is certain
   */
  static CommitFailure inCommit(KafkaException cause, BooleanSupplier abort) {
    boolean mayBeCommitted =
        cause instanceof TimeoutException || cause instanceof InterruptException;
    return mayBeCommitted ? new CommitFailure(cause, Undo.START_OVER) : beforeCommit(cause, abort);
  }

  Undo undo() {
    return undo;
  }

  /** Whether the group was about to rebalance: that is no trouble, and ends by itself. */
  boolean isOfRebalance() {
    return getCause() instanceof CommitFailedException;
  }
}
