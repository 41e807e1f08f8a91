package io.streamsocial.processor;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Questions to the brokers that are waited for, and what to say when they do not answer. */
final class Brokers {
  static final int CALL_SECONDS = 20;

  private final Admin admin;
  private final String bootstrap;

  Brokers(Admin admin, String bootstrap) {
    this.admin = admin;
    this.bootstrap = bootstrap;
  }

  /** Partitions of a topic; empty when there is no such topic. */
  Optional<Integer> partitions(String topic) {
    try {
      return Optional.of(
          wait(only(admin.describeTopics(List.of(topic)).topicNameValues())).partitions().size());
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return Optional.empty();
      }
      throw unreachable(e);
    }
  }

  static <T> T only(Map<?, T> answers) {
    return answers.values().iterator().next();
  }

  /**
   * @throws ConfigException when the answer is an error, or none comes
   */
  <T> T get(KafkaFuture<T> future) {
    try {
      return wait(future);
    } catch (ExecutionException e) {
      throw unreachable(e);
    }
  }

  private ConfigException unreachable(ExecutionException e) {
    return new ConfigException(
        "the brokers at %s cannot be asked for topics: %s; check --bootstrap and the kafka.* settings"
            .formatted(bootstrap, e.getCause()));
  }

  /**
   * @throws ConfigException when no answer comes
   */
  <T> T wait(KafkaFuture<T> future) throws ExecutionException {
    try {
      return future.get(CALL_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new ConfigException(
          "no answer from Kafka at %s within %d s: is it running, is --bootstrap right?"
              .formatted(bootstrap, CALL_SECONDS));
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }
}
