package io.streamsocial.processor.test.memory;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.clients.admin.DeleteRecordsResult;
import org.apache.kafka.clients.admin.DeletedRecords;
import org.apache.kafka.clients.admin.DescribeConfigsResult;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsResult;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TransactionDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.TransactionalIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.KafkaFutureImpl;

/**
 * What an engine asks of the brokers beside records, answered at once; anything else is an error of
 * the test. These brokers know no permissions.
 */
final class MemoryAdmin {
  private final MemoryKafka kafka;

  private MemoryAdmin(MemoryKafka kafka) {
    this.kafka = kafka;
  }

  static Admin of(MemoryKafka kafka) {
    MemoryAdmin admin = new MemoryAdmin(kafka);
    return (Admin)
        Proxy.newProxyInstance(
            Admin.class.getClassLoader(),
            new Class<?>[] {Admin.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "listOffsets" -> admin.listOffsets((Map<?, ?>) args[0]);
                  case "describeTopics" -> admin.describeTopics((Collection<?>) args[0]);
                  case "createTopics" -> admin.createTopics((Collection<?>) args[0]);
                  case "describeConfigs" -> admin.describeConfigs((Collection<?>) args[0]);
                  case "describeConsumerGroups" -> describeGroups((Collection<?>) args[0]);
                  case "deleteRecords" -> admin.deleteRecords((Map<?, ?>) args[0]);
                  case "close" -> null;
                  default -> throw new UnsupportedOperationException(method.toString());
                });
  }

  private static <T> KafkaFuture<T> failed(Exception e) {
    KafkaFutureImpl<T> future = new KafkaFutureImpl<>();
    future.completeExceptionally(e);
    return future;
  }

  /** Of the topic, if there is one. */
  private <T> KafkaFuture<T> ofTopic(String name, Function<MemoryKafka.Topic, T> answer) {
    MemoryKafka.Topic topic = kafka.topic(name);
    return topic == null
        ? failed(new UnknownTopicOrPartitionException("no topic " + name))
        : KafkaFuture.completedFuture(answer.apply(topic));
  }

  private DescribeTopicsResult describeTopics(Collection<?> names) {
    Map<String, KafkaFuture<TopicDescription>> described = new HashMap<>();
    for (Object each : names) {
      String name = (String) each;
      described.put(name, ofTopic(name, topic -> describe(name, topic)));
    }
    return new DescribeTopicsResult(null, described) {};
  }

  private static TopicDescription describe(String name, MemoryKafka.Topic topic) {
    List<TopicPartitionInfo> partitions = new ArrayList<>();
    for (int i = 0; i < topic.partitions(); i++) {
      partitions.add(new TopicPartitionInfo(i, null, List.of(), List.of()));
    }
    return new TopicDescription(name, false, partitions, null, topic.id());
  }

  private CreateTopicsResult createTopics(Collection<?> topics) {
    Map<String, KafkaFuture<CreateTopicsResult.TopicMetadataAndConfig>> created = new HashMap<>();
    for (Object each : topics) {
      NewTopic topic = (NewTopic) each;
      boolean exists = kafka.topic(topic.name()) != null;
      if (!exists) {
        kafka.createTopic(topic.name(), topic.numPartitions(), topic.configs());
      }
      created.put(
          topic.name(),
          exists
              ? failed(new TopicExistsException(topic.name()))
              : ofTopic(
                  topic.name(),
                  made ->
                      new CreateTopicsResult.TopicMetadataAndConfig(
                          made.id(), made.partitions(), 1, config(made))));
    }
    return new CreateTopicsResult(created) {};
  }

  private DescribeConfigsResult describeConfigs(Collection<?> resources) {
    Map<ConfigResource, KafkaFuture<Config>> described = new HashMap<>();
    for (Object each : resources) {
      ConfigResource resource = (ConfigResource) each;
      described.put(resource, ofTopic(resource.name(), MemoryAdmin::config));
    }
    return new DescribeConfigsResult(described) {};
  }

  private static Config config(MemoryKafka.Topic topic) {
    List<ConfigEntry> entries = new ArrayList<>();
    topic.configs().forEach((name, value) -> entries.add(new ConfigEntry(name, value)));
    return new Config(entries);
  }

  private static DescribeConsumerGroupsResult describeGroups(Collection<?> ids) {
    Map<String, KafkaFuture<ConsumerGroupDescription>> described = new HashMap<>();
    for (Object id : ids) {
      described.put((String) id, failed(new GroupIdNotFoundException("no group " + id)));
    }
    return new DescribeConsumerGroupsResult(described);
  }

  static KafkaFuture<TransactionDescription> transaction(String id) {
    return failed(new TransactionalIdNotFoundException("no transactional id " + id));
  }

  private ListOffsetsResult listOffsets(Map<?, ?> specs) {
    Map<TopicPartition, KafkaFuture<ListOffsetsResult.ListOffsetsResultInfo>> ends =
        new HashMap<>();
    KafkaException failure = kafka.nextListOffsets;
    kafka.nextListOffsets = null;
    for (Object key : specs.keySet()) {
      TopicPartition tp = (TopicPartition) key;
      ends.put(
          tp,
          failure == null
              ? KafkaFuture.completedFuture(
                  new ListOffsetsResult.ListOffsetsResultInfo(kafka.end(tp), -1, Optional.empty()))
              : failed(failure));
    }
    return new ListOffsetsResult(ends);
  }

  private DeleteRecordsResult deleteRecords(Map<?, ?> superfluous) {
    Map<TopicPartition, KafkaFuture<DeletedRecords>> deleted = new HashMap<>();
    superfluous.forEach(
        (key, to) -> {
          TopicPartition tp = (TopicPartition) key;
          kafka.truncate(tp, ((RecordsToDelete) to).beforeOffset());
          deleted.put(tp, KafkaFuture.completedFuture(new DeletedRecords(kafka.begin(tp))));
        });
    return new DeleteRecordsResult(deleted);
  }
}
