package io.streamsocial.processor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * The truth: a plain recount of a posts topic with none of the engine's code, the pedestrian way
 * with a tree of JSON, a regular expression and a map.
 */
public final class Recount {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern HASHTAG =
      Pattern.compile("(?<![\\w])[#＃](\\w{1,100})(?!\\w)", Pattern.UNICODE_CHARACTER_CLASS);

  private final Map<CountKey, Long> counts = new HashMap<>();
  private final long windowMs;
  private final LongPredicate countable;

  private Recount(long windowMs, LongPredicate countable) {
    this.windowMs = windowMs;
    this.countable = countable;
  }

  /**
   * Reads the topic from its beginning to its present end.
   *
   * @param countable whether a post of this time counts: neither late nor in the future
   */
  public static Map<CountKey, Long> of(
      String bootstrap, String topic, long windowMs, LongPredicate countable) {
    Recount recount = new Recount(windowMs, countable);
    for (ConsumerRecord<byte[], byte[]> post : readAll(bootstrap, topic)) {
      recount.add(post.value());
    }
    return recount.counts;
  }

  private void add(byte[] value) {
    JsonNode post;
    try {
      post = JSON.readTree(new String(value, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      return;
    }
    if (post == null || !post.path("text").isTextual() || !post.path("timestamp").isNumber()) {
      return;
    }
    long timestampMs = post.get("timestamp").asLong();
    if (!countable.test(timestampMs)) {
      return;
    }
    long start = Math.floorDiv(timestampMs, windowMs) * windowMs;
    Matcher tags = HASHTAG.matcher(post.get("text").asText());
    while (tags.find()) {
      String tag = tags.group(1).toLowerCase(Locale.ROOT);
      counts.merge(new CountKey(start, post.path("region").asText("unknown"), tag), 1L, Long::sum);
      counts.merge(new CountKey(start, "", tag), 1L, Long::sum);
    }
  }

  /**
   * Every committed record between the topic's beginning and its end at the moment of the call. The
   * end counts what is not visible yet: a commit is acknowledged before its markers are in the
   * partitions.
   */
  public static List<ConsumerRecord<byte[], byte[]>> readAll(String bootstrap, String topic) {
    List<ConsumerRecord<byte[], byte[]>> all = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                bootstrap,
                "isolation.level",
                "read_committed",
                "max.poll.records",
                "10000"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      List<TopicPartition> partitions =
          consumer.partitionsFor(topic).stream()
              .map(p -> new TopicPartition(topic, p.partition()))
              .toList();
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = ends(bootstrap, partitions);
      long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
      while (partitions.stream()
          .anyMatch(tp -> consumer.position(tp) < ends.getOrDefault(tp, 0L))) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError("reading " + topic + " takes longer than two minutes");
        }
        consumer.poll(Duration.ofMillis(100)).forEach(all::add);
      }
    }
    return all;
  }

  /**
   * With transactions whose end is not known yet, which a reader of committed records waits for.
   */
  private static Map<TopicPartition, Long> ends(String bootstrap, List<TopicPartition> partitions) {
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", bootstrap, "isolation.level", "read_uncommitted"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      return consumer.endOffsets(partitions);
    }
  }
}
