package io.streamsocial.processor.kafka;

import io.streamsocial.processor.Moment;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An input topic as the brokers have it now: it may get more partitions while the instance runs,
 * and it may be deleted and created again, which makes another topic of the same name. Asked for
 * again every few seconds. Thread-safe; shared by the loops.
 */
public final class TopicIdentity {
  private static final Logger log = LoggerFactory.getLogger(TopicIdentity.class);
  private static final long INTERVAL_MS = 5_000;

  /**
   * @param id that the brokers give the topic; it lives as long as the topic
   */
  public record Description(Uuid id, int partitions) {}

  private final String name;
  private final Supplier<Admin> admin;
  private volatile Description now;
  private long askedMs; // by the steady clock; 0 for never
  private long asked;
  private volatile long answered;

  public TopicIdentity(String name, Supplier<Admin> admin, Description now) {
    this.name = name;
    this.admin = admin;
    this.now = now;
  }

  public String name() {
    return name;
  }

  public Description now() {
    return now;
  }

  /** The group sees so many partitions already. */
  public synchronized void atLeast(int partitions) {
    if (partitions > now.partitions) {
      log.info("topic {} has {} partitions now, it had {}", name, partitions, now.partitions);
      now = new Description(now.id, partitions);
    }
  }

  /** Asks the brokers when it is time, without waiting for the answer. */
  public synchronized void turn(Moment moment) {
    if (askedMs == 0) {
      askedMs = moment.steadyMs(); // the start has just asked
    } else if (moment.steadyMs() - askedMs >= INTERVAL_MS) {
      long unused = ask(moment);
    }
  }

  /**
   * Asks now.
   *
   * @return for {@link #isAnswered}
   */
  public synchronized long ask(Moment moment) {
    askedMs = moment.steadyMs();
    long question = ++asked;
    KafkaFuture<TopicDescription> unused =
        Brokers.only(admin.get().describeTopics(List.of(name)).topicNameValues())
            .whenComplete(
                (topic, e) -> {
                  if (topic != null) {
                    answered(topic, question);
                  }
                });
    return question;
  }

  private synchronized void answered(TopicDescription topic, long question) {
    Description seen = new Description(topic.topicId(), topic.partitions().size());
    if (!seen.id.equals(now.id)) {
      log.warn(
          "topic {} was deleted and created again: its id is {} now; counting goes on from its beginning, what was counted stays",
          name,
          seen.id);
      now = seen;
    } else {
      atLeast(seen.partitions);
    }
    answered = Math.max(answered, question);
  }

  /** Whether {@link #now} is newer than the question. */
  public boolean isAnswered(long question) {
    return answered >= question;
  }
}
