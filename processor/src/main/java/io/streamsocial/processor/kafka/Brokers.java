package io.streamsocial.processor.kafka;

import io.streamsocial.processor.AccessException;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.UnavailableException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Blocking requests to the brokers, with messages for the case that they do not answer. */
public final class Brokers {
  static final int CALL_SECONDS = 20;

  private final Admin admin;
  private final EngineConfig config;
  private final AclOperation wanted;
  // Answers that were asked for ahead, by topic.
  private final Map<String, KafkaFuture<TopicDescription>> ahead = new HashMap<>();

  public Brokers(Admin admin, EngineConfig config) {
    this(admin, config, AclOperation.READ);
  }

  /**
   * @param wanted the operation that the caller prepares: a user who may do it may also describe
   */
  public Brokers(Admin admin, EngineConfig config, AclOperation wanted) {
    this.admin = admin;
    this.config = config;
    this.wanted = wanted;
  }

  /** Partitions of a topic; empty when there is no such topic. */
  public Optional<Integer> partitions(String topic) {
    return describe(topic).map(description -> description.partitions().size());
  }

  /**
   * Asks for topics in one request, without waiting for it. Whoever asks for one of them later gets
   * this answer, of this moment, until {@link #forget}.
   */
  public void lookAhead(Collection<String> topics) {
    ahead.putAll(descriptions(topics));
  }

  /** The topic was changed by the caller: it is asked for anew. */
  void forget(String topic) {
    ahead.remove(topic);
  }

  /** A topic, with what this user may do with it. */
  KafkaFuture<TopicDescription> description(String topic) {
    KafkaFuture<TopicDescription> known = ahead.get(topic);
    return known == null ? only(descriptions(List.of(topic))) : known;
  }

  private Map<String, KafkaFuture<TopicDescription>> descriptions(Collection<String> topics) {
    return admin
        .describeTopics(topics, new DescribeTopicsOptions().includeAuthorizedOperations(true))
        .topicNameValues();
  }

  /** Empty when there is no such topic. */
  public Optional<TopicDescription> describe(String topic) {
    try {
      return Optional.of(wait(description(topic)));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownTopicOrPartitionException) {
        return Optional.empty();
      }
      throw unreachable(e, wanted, topic);
    }
  }

  public static <T> T only(Map<?, T> answers) {
    return answers.values().iterator().next();
  }

  /**
   * @param operation that the request needs on the topic
   * @throws ConfigException when the answer is an error, or none comes
   */
  public <T> T get(KafkaFuture<T> future, AclOperation operation, String topic) {
    try {
      return wait(future);
    } catch (ExecutionException e) {
      throw unreachable(e, operation, topic);
    }
  }

  private ConfigException unreachable(ExecutionException e, AclOperation operation, String topic) {
    String refusal = BrokerRefusal.explain(config, e, operation, topic);
    if (refusal != null) {
      return new AccessException(refusal);
    }
    if (e.getCause() instanceof org.apache.kafka.common.errors.TimeoutException) {
      return silence();
    }
    return new UnavailableException(
        "the brokers at %s cannot be asked for topics: %s; check --bootstrap and the kafka.* settings"
            .formatted(config.brokers().bootstrap(), e.getCause()));
  }

  private ConfigException silence() {
    return new UnavailableException(
        "no answer from Kafka at %s within %d s: is it running, is --bootstrap right? do its ports want a login (kafka.security.protocol)?"
            .formatted(config.brokers().bootstrap(), CALL_SECONDS));
  }

  /**
   * @throws ConfigException when no answer comes
   */
  public <T> T wait(KafkaFuture<T> future) throws ExecutionException {
    try {
      return future.get(CALL_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw silence();
    } catch (InterruptedException e) {
      throw new InterruptException(e);
    }
  }
}
