package io.streamsocial.http.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.streamsocial.http.fixture.TestServer;
import io.streamsocial.http.server.KafkaPosts;
import io.streamsocial.processor.posts.PostRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.MockProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Cluster;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** From accepted posts to records. */
@Timeout(300)
class KafkaPostsTest {
  private static AcceptedPost post(String userId, String postId, String idempotencyKey) {
    return new AcceptedPost(
        new AcceptedPost.Names(userId, postId, idempotencyKey), new byte[] {'{', '}'}, List.of());
  }

  /** What becomes of these posts in a topic of eight partitions. */
  private static List<ProducerRecord<byte[], byte[]>> records(AcceptedPost... posts) {
    Node node = new Node(0, "a", 1);
    Node[] nodes = {node};
    List<PartitionInfo> partitions =
        IntStream.range(0, 8)
            .mapToObj(p -> new PartitionInfo("social.posts", p, node, nodes, nodes))
            .toList();
    Cluster cluster = new Cluster("c", List.of(node), partitions, Set.of(), Set.of());
    MockProducer<byte[], byte[]> producer =
        new MockProducer<>(
            cluster, true, null, new ByteArraySerializer(), new ByteArraySerializer());
    KafkaPosts sink = new KafkaPosts("social.posts", () -> producer);
    assertThat(sink.write(List.of(posts)).toCompletableFuture()).isCompleted();
    return producer.history();
  }

  @Test
  void theHeaderNamesEachPostOfARequestThatHasAKey() {
    List<ProducerRecord<byte[], byte[]>> records =
        records(post("u", "", "k/0"), post("", "", "k/1"), post("u", "p", ""));
    assertThat(records)
        .extracting(
            record -> {
              Header header = record.headers().lastHeader(PostRules.IDEMPOTENCY_HEADER);
              return header == null ? "" : new String(header.value(), UTF_8);
            })
        .containsExactly("k/0", "k/1", "");
  }

  @Test
  void aPostWithoutUserGoesToTheSamePartitionInEachTry() {
    assertThat(records(post("u", "p", "k/0"), post("", "", "")))
        .extracting(ProducerRecord::partition)
        .as("the key decides, or the producer")
        .containsExactly(null, null);
    List<AcceptedPost> named =
        IntStream.range(0, 200)
            .mapToObj(i -> post("", i % 2 == 0 ? "p" + i : "", "k/" + i))
            .toList();
    List<Integer> first = partitions(named);
    assertThat(first).doesNotContainNull().containsOnly(0, 1, 2, 3, 4, 5, 6, 7);
    assertThat(partitions(named)).isEqualTo(first);
    assertThat(partitions(List.of(post("", "p0", "k/0"), post("", "p0", "other/7"))))
        .as("post_id first")
        .containsExactly(first.get(0), first.get(0));
  }

  private static List<Integer> partitions(List<AcceptedPost> posts) {
    return records(posts.toArray(AcceptedPost[]::new)).stream()
        .map(ProducerRecord::partition)
        .toList();
  }

  @Test
  void recordsAreKeyedByTheUserAndFailTogether() {
    MockProducer<byte[], byte[]> producer =
        new MockProducer<>(false, null, new ByteArraySerializer(), new ByteArraySerializer());
    KafkaPosts posts = new KafkaPosts("social.posts", () -> producer);
    var written = posts.write(List.of(post("u", "", ""), post("", "", ""))).toCompletableFuture();
    assertThat(producer.history()).extracting(r -> r.key() != null).containsExactly(true, false);
    producer.completeNext();
    assertThat(written).isNotDone();
    producer.completeNext();
    assertThat(written.join())
        .containsExactly(new PostSink.Written(0, 0), new PostSink.Written(0, 1));
    var failed = posts.write(List.of(post("", "", ""))).toCompletableFuture();
    producer.errorNext(new TimeoutException("away"));
    assertThat(failed).isCompletedExceptionally();
    producer.sendException = new TimeoutException("no metadata");
    assertThat(posts.write(List.of(post("", "", ""), post("", "", ""))).toCompletableFuture())
        .isCompletedExceptionally();
    assertThat(producer.history()).hasSize(3);
    posts.close();
  }

  @Test
  void withoutAPostThereIsNoProducer() {
    KafkaPosts posts =
        new KafkaPosts(
            "social.posts",
            () -> {
              throw new AssertionError("made");
            });
    posts.renew();
    assertThat(posts.figures()).isEmpty();
    posts.close();
  }

  @Test
  void aProducerThatCannotBeMadeFailsThePost() {
    KafkaPosts posts =
        new KafkaPosts(
            "social.posts",
            () -> {
              throw new KafkaException("no such interceptor");
            });
    assertThat(posts.write(List.of(post("", "", ""))).toCompletableFuture())
        .isCompletedExceptionally();
    posts.close();
  }

  @Test
  void postsGoToTheNewProducerAndTheOldOneEndsWhatItHas() {
    List<MockProducer<byte[], byte[]>> made = new ArrayList<>();
    KafkaPosts posts =
        new KafkaPosts(
            "social.posts",
            () -> {
              made.add(
                  new MockProducer<>(
                      true, null, new ByteArraySerializer(), new ByteArraySerializer()));
              return made.get(made.size() - 1);
            });
    assertThat(posts.write(List.of(post("", "", ""))).toCompletableFuture()).isDone();
    posts.renew();
    await().atMost(TestServer.PATIENCE).until(() -> made.get(0).closed());
    assertThat(posts.write(List.of(post("", "", ""))).toCompletableFuture()).isCompleted();
    assertThat(made).hasSize(2);
    assertThat(made.get(1).history()).hasSize(1);
    posts.close();
    assertThat(made.get(1).closed()).isTrue();
  }
}
