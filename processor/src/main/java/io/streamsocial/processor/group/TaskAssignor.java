package io.streamsocial.processor.group;

import io.streamsocial.processor.ConfigException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.Configurable;
import org.apache.kafka.common.TopicPartition;

/**
 * {@link Placement} as an assignor of Kafka's consumer. Each loop's consumer has one; the one of
 * the group's leader assigns all members.
 *
 * <pre>
 *   every member   subscriptionUserData   MemberInfo       --&gt; leader
 *   leader         assign                 {@link GroupPlan}
 *   every member   onAssignment           GroupTable       &lt;-- leader
 * </pre>
 *
 * <p>Public only because Kafka creates it, from its class and the consumer's settings. Confined to
 * the thread that polls the consumer.
 */
public final class TaskAssignor implements ConsumerPartitionAssignor, Configurable {
  /** The {@link Membership} that the assignor works for. */
  public static final String MEMBERSHIP_CONFIG = "streamsocial.membership";

  /** The name of the posts topic; of several input topics, of the first. */
  public static final String POSTS_CONFIG = "streamsocial.topic.posts";

  /** The name of the shuffle topic. */
  public static final String SHUFFLE_CONFIG = "streamsocial.topic.shuffle";

  private Optional<Membership> membership = Optional.empty();
  private String posts = "";
  private String shuffle = "";

  /** Called by Kafka's consumer, which then calls {@link #configure}. */
  public TaskAssignor() {}

  @Override
  public void configure(Map<String, ?> settings) {
    membership = Optional.of(setting(settings, MEMBERSHIP_CONFIG, Membership.class));
    posts = setting(settings, POSTS_CONFIG, String.class);
    shuffle = setting(settings, SHUFFLE_CONFIG, String.class);
  }

  private static <T> T setting(Map<String, ?> settings, String key, Class<T> type) {
    Object value = settings.get(key);
    if (!type.isInstance(value)) {
      throw new ConfigException(
          "%s is %s: the consumer's settings must hold a %s there, since %s needs it"
              .formatted(key, value, type.getSimpleName(), TaskAssignor.class.getSimpleName()));
    }
    return type.cast(value);
  }

  @Override
  public String name() {
    return "streamsocial";
  }

  @Override
  public short version() {
    return 1;
  }

  @Override
  public List<RebalanceProtocol> supportedProtocols() {
    return List.of(RebalanceProtocol.COOPERATIVE);
  }

  @Override
  public ByteBuffer subscriptionUserData(Set<String> topics) {
    return membership().describe().encode();
  }

  /**
   * Counts partitions on the topics, because the numbers that members report may be out of date.
   * Members that read nothing of what the group reads are refused: partitions of a topic that they
   * do not subscribe to would send them back to join, again and again. For the same reason a topic
   * that only some members subscribe to is not read yet, or no longer.
   */
  @Override
  public GroupAssignment assign(Cluster cluster, GroupSubscription group) {
    String input = input(group.groupSubscription().values());
    GroupPlan plan =
        new GroupPlan(input, topic -> partitions(cluster, topic), partitions(cluster, shuffle));
    // In a fixed order, so that any leader gives the same group the same answer.
    new TreeMap<>(group.groupSubscription())
        .forEach(
            (id, subscription) -> {
              plan.add(
                  id,
                  Optional.ofNullable(subscription.userData()),
                  inputs(subscription),
                  subscription.generationId().orElse(GroupPlan.NO_GENERATION),
                  ownedSources(subscription),
                  ownedShuffle(subscription));
              if (isOurs(subscription) && !subscription.topics().contains(input)) {
                plan.refuse(id, otherInput(subscription, input));
              }
            });
    Map<String, Assignment> assignments = new HashMap<>();
    plan.decide()
        .forEach(
            (id, part) ->
                assignments.put(id, new Assignment(topicPartitions(part), part.table().encode())));
    return new GroupAssignment(assignments);
  }

  /**
   * A topic that the group reads, whatever this member's own are: the one that most members with
   * partitions subscribe to, or most of all when none has any; of several the one that most of all
   * members subscribe to, and then the first by name.
   */
  private String input(Collection<Subscription> members) {
    List<Subscription> ours = members.stream().filter(this::isOurs).toList();
    List<Subscription> owners =
        ours.stream().filter(each -> !each.ownedPartitions().isEmpty()).toList();
    Map<String, Integer> all = votes(ours);
    Map<String, Integer> voters = owners.isEmpty() ? all : votes(owners);
    return voters.keySet().stream()
        .max(
            Comparator.comparing((String topic) -> voters.getOrDefault(topic, 0))
                .thenComparing(topic -> all.getOrDefault(topic, 0))
                .thenComparing(Comparator.reverseOrder()))
        .orElse(posts);
  }

  private Map<String, Integer> votes(List<Subscription> members) {
    Map<String, Integer> votes = new TreeMap<>();
    members.forEach(member -> inputs(member).forEach(topic -> votes.merge(topic, 1, Integer::sum)));
    return votes;
  }

  /** No member of another program that uses the same group. */
  private boolean isOurs(Subscription member) {
    return member.topics().contains(shuffle);
  }

  private String otherInput(Subscription member, String input) {
    return "this instance reads posts from %s, the others of its group from %s: start it with the same topic, or with an app-id of its own"
        .formatted(inputs(member), input);
  }

  private List<String> inputs(Subscription member) {
    return member.topics().stream().filter(topic -> !topic.equals(shuffle)).toList();
  }

  private static int partitions(Cluster cluster, String topic) {
    Integer count = cluster.partitionCountForTopic(topic);
    return count == null ? 0 : count;
  }

  private List<TopicPartition> ownedSources(Subscription subscription) {
    return subscription.ownedPartitions().stream()
        .filter(each -> !each.topic().equals(shuffle))
        .toList();
  }

  private List<Integer> ownedShuffle(Subscription subscription) {
    return subscription.ownedPartitions().stream()
        .filter(each -> each.topic().equals(shuffle))
        .map(TopicPartition::partition)
        .toList();
  }

  private List<TopicPartition> topicPartitions(GroupPlan.MemberAssignment part) {
    return Stream.concat(
            part.sources().stream(),
            part.shuffle().stream().map(p -> new TopicPartition(shuffle, p)))
        .toList();
  }

  @Override
  public void onAssignment(Assignment assignment, ConsumerGroupMetadata metadata) {
    membership()
        .assigned(table(Optional.ofNullable(assignment.userData())), metadata.generationId());
  }

  // Spelled out, since Kafka's own class of that name is inherited.
  private static GroupTable table(Optional<ByteBuffer> data) {
    try {
      return GroupTable.decode(
          data.orElseThrow(() -> new IllegalArgumentException("it says nothing")));
    } catch (IllegalArgumentException e) {
      return GroupTable.refused(
          "this instance cannot read what the group's leader assigned: " + e.getMessage());
    }
  }

  private Membership membership() {
    return membership.orElseThrow(() -> new IllegalStateException("not configured"));
  }
}
