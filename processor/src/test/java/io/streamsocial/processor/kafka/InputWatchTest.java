package io.streamsocial.processor.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.streamsocial.processor.Incidents;
import java.lang.reflect.Proxy;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.internals.KafkaFutureImpl;
import org.junit.jupiter.api.Test;

/** Two topics that cannot be read at once, each with an incident of its own. */
final class InputWatchTest {
  private static final String ORDERS = "shop.orders";
  private static final String RETURNS = "shop.returns";

  // Partitions whose leader does not answer, and topics that are gone.
  private final Set<TopicPartition> silent = new HashSet<>();
  private final Set<String> gone = new HashSet<>();

  private final Incidents incidents = new Incidents();
  private final Admin admin =
      (Admin)
          Proxy.newProxyInstance(
              Admin.class.getClassLoader(),
              new Class<?>[] {Admin.class},
              (proxy, method, args) ->
                  switch (method.getName()) {
                    case "listOffsets" -> ends((Map<?, ?>) args[0]);
                    case "describeTopics" -> describe((Collection<?>) args[0]);
                    default -> throw new UnsupportedOperationException(method.toString());
                  });
  private final InputWatch watch =
      new InputWatch(
          new InputTopics(List.of(topic(ORDERS, 2), topic(RETURNS, 1))), () -> admin, incidents);

  private TopicIdentity topic(String name, int partitions) {
    return new TopicIdentity(
        name, () -> admin, new TopicIdentity.Description(Uuid.randomUuid(), partitions));
  }

  private static <T> KafkaFuture<T> failed(Exception e) {
    KafkaFutureImpl<T> future = new KafkaFutureImpl<>();
    future.completeExceptionally(e);
    return future;
  }

  private ListOffsetsResult ends(Map<?, ?> wanted) {
    Map<TopicPartition, KafkaFuture<ListOffsetsResultInfo>> ends = new HashMap<>();
    for (Object each : wanted.keySet()) {
      TopicPartition source = (TopicPartition) each;
      boolean answers = !silent.contains(source) && !gone.contains(source.topic());
      ends.put(
          source,
          answers
              ? KafkaFuture.completedFuture(new ListOffsetsResultInfo(7, -1, Optional.empty()))
              : failed(new TimeoutException("no answer")));
    }
    return new ListOffsetsResult(ends);
  }

  private DescribeTopicsResult describe(Collection<?> names) {
    Map<String, KafkaFuture<TopicDescription>> described = new HashMap<>();
    for (Object each : names) {
      String name = (String) each;
      described.put(
          name,
          gone.contains(name)
              ? failed(new UnknownTopicOrPartitionException(name))
              : KafkaFuture.completedFuture(new TopicDescription(name, false, List.of())));
    }
    return new DescribeTopicsResult(null, described) {};
  }

  private List<String> open() throws InterruptedException {
    watch.look();
    return incidents.open().stream().map(Incidents.Incident::what).sorted().toList();
  }

  @Test
  void eachTopicThatCannotBeReadIsNamedUntilItCan() throws Exception {
    assertThat(open()).isEmpty();
    assertThat(watch.end(new TopicPartition(ORDERS, 1))).isEqualTo(7);
    silent.add(new TopicPartition(ORDERS, 1));
    gone.add(RETURNS);
    List<String> both = open();
    assertThat(both).hasSize(2);
    assertThat(both.get(0)).contains("partitions [1] of topic " + ORDERS, "no leader");
    assertThat(both.get(1)).contains("topic " + RETURNS + " does not exist any more");
    assertThat(watch.end(new TopicPartition(RETURNS, 0))).isEqualTo(InputEnds.UNKNOWN);
    assertThat(watch.end(new TopicPartition(ORDERS, 0))).as("the others are read").isEqualTo(7);
    gone.add(ORDERS);
    assertThat(open())
        .hasSize(2)
        .allMatch(what -> what.contains("does not exist any more"))
        .anyMatch(what -> what.contains(ORDERS))
        .anyMatch(what -> what.contains(RETURNS));
    silent.clear();
    gone.remove(ORDERS);
    assertThat(open()).singleElement().asString().contains(RETURNS);
    gone.clear();
    assertThat(open()).isEmpty();
  }
}
