package io.streamsocial.processor.loop;

import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.Incidents;
import io.streamsocial.processor.Moment;
import io.streamsocial.processor.kafka.InputTopics;
import io.streamsocial.processor.task.Closing;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member of the group: its consumer, its producer, its tasks. It has no thread of its own: the
 * caller turns it with {@link #runOnce} again and again, always from one thread, and at last calls
 * {@link #close}. Rebalance callbacks come from inside {@code poll}, so they need no lock.
 *
 * <pre>
 *   a turn:  publish what is due              {@link Publishing}
 *            poll, parse posts, fold shuffle  {@link GroupInput}, {@link Rebalances}
 *            open what was assigned           {@link Assignment}, {@link Standbys}
 *            restore a batch, follow          {@link TaskUpkeep}
 *            show readers what is new         {@link TaskUpkeep}, {@link LoopReport}
 * </pre>
 *
 * <p>{@link LoopWiring} puts it together.
 */
final class Loop implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Loop.class);

  // Of a loop that has nothing to do but to wait; else its poll waits.
  private static final long NAP_MS = 20;

  private final TurnClock clock;
  private final InputTopics inputs;
  private final Assignment assignment;
  private final GroupInput input;
  private final GroupMember member;
  private final GroupPhase phase;
  private final TaskUpkeep upkeep;
  private final Publishing publishing;
  private final LoopTrouble trouble;
  private final LoopReport report;

  Loop(
      TurnClock clock,
      InputTopics inputs,
      Assignment assignment,
      GroupInput input,
      GroupMember member,
      GroupPhase phase,
      TaskUpkeep upkeep,
      Publishing publishing,
      LoopTrouble trouble,
      LoopReport report) {
    this.clock = clock;
    this.inputs = inputs;
    this.assignment = assignment;
    this.input = input;
    this.member = member;
    this.phase = phase;
    this.upkeep = upkeep;
    this.publishing = publishing;
    this.trouble = trouble;
    this.report = report;
  }

  String name() {
    return trouble.loop();
  }

  /** Any thread. */
  LoopReport.Snapshot lastSnapshot() {
    return report.last();
  }

  /**
   * One turn.
   *
   * @param now both clocks: the steady one decides what is due, the wall clock what posts may say
   * @return records processed
   * @throws ConfigException when only a person can help
   */
  int runOnce(Moment now) {
    clock.turn(now);
    if (clock.wentBack()) {
      renewClients();
    }
    int work = 0;
    // While it waits it reads nothing; the consumer's own thread keeps the place in the group.
    boolean waits = trouble.mustWait();
    if (!waits) {
      trouble.turn();
      publishing.renew();
      work += exchange();
    }
    work += upkeep.tend();
    if (!waits) {
      String reason = member.reasonToRebalance();
      if (reason != null) {
        input.rebalance(reason);
      }
      upkeep.prune();
    }
    report.turn();
    return work;
  }

  /**
   * Kafka's clients time by the wall clock. When it is set back, whatever they wait for lies as far
   * ahead as the step was long: heartbeats, back-offs, the end of a poll. New clients know nothing
   * of the time before. What the tasks have folded does not depend on them.
   */
  private void renewClients() {
    log.info(
        "{}: the wall clock was set back: going on with new Kafka clients, in the same place",
        name());
    publishing.giveUp();
    upkeep.renewReaders();
    input.rejoin();
  }

  /**
   * Any thread: ends a wait inside a Kafka client, for a step of the wall clock may have left it.
   */
  void wakeUp() {
    input.wakeUp();
    upkeep.wakeUp();
  }

  /** The part of a turn that calls Kafka; a call that fails ends it, and the next turn goes on. */
  private int exchange() {
    int work = 0;
    try {
      inputs.turn(clock.now());
      Set<String> moved = assignment.moved();
      if (!moved.isEmpty()) {
        publishing.publish(List.of());
        assignment.reopen(moved);
      }
      publishing.publishIfDue();
      clock.progress();
      work += input.turn();
      clock.progress();
      member.check();
      if (publishing.isUpToDate()) {
        upkeep.open();
      }
      clock.progress();
      work += upkeep.restore();
      clock.progress();
      trouble.ended(Incidents.Kind.KAFKA_CALLS_FAILING, "calls succeed again");
    } catch (WakeupException e) {
      log.debug("{}: woken from a wait", name());
    } catch (KafkaException e) {
      trouble.turnFailed(e);
    }
    return work;
  }

  /** Milliseconds for which the next turn may wait, so that it has more to do; 0 for not at all. */
  long restMs() {
    return trouble.mustWait() ? NAP_MS : input.restMs();
  }

  /**
   * Publishes and checkpoints a last time, flushes the stores, so that the next start restores
   * nothing, and closes. Call it after a failure too: then what is not committed is dropped.
   *
   * @param orderly false after a failure
   */
  void close(boolean orderly, Moment now) {
    clock.turn(now);
    phase.stop();
    boolean publishes = orderly && publishing.isOpen();
    try {
      report.take();
      if (publishes) {
        input.finishRebalance(name(), phase);
        publishing.publishLast();
        upkeep.flush();
      }
    } finally {
      end(publishes);
    }
  }

  /** Closes as it is: what is not committed is dropped. */
  @Override
  public void close() {
    phase.stop();
    end(false);
  }

  /** See {@link Closing}. */
  private void end(boolean orderly) {
    Closing.all(List.of(upkeep::close, publishing::close, () -> input.close(orderly)));
  }
}
