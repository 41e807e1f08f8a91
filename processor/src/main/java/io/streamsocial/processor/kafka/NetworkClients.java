package io.streamsocial.processor.kafka;

import io.streamsocial.processor.ClientFigures;
import io.streamsocial.processor.ClientFigures.Kind;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.Guarantee;
import io.streamsocial.processor.TopicNames;
import io.streamsocial.processor.group.Membership;
import io.streamsocial.processor.group.TaskAssignor;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.ByteBufferDeserializer;

/** Clients of real brokers, with every setting that the engine relies on in one place. */
public final class NetworkClients implements KafkaClients {
  // Short enough that others take over soon, long enough for a restart to keep its tasks.
  private static final int SESSION_TIMEOUT_MS = 10_000;
  // Members learn of a rebalance by their heartbeats, and partitions that move wait for it.
  private static final int HEARTBEAT_MS = 500;
  private static final int METADATA_MS = 15_000;
  private static final int TRANSACTION_TIMEOUT_MS = 10_000;
  // Below the brokers' own bound of 15 minutes.
  private static final int REFILL_TIMEOUT_MS = 600_000;
  private static final int REQUEST_TIMEOUT_MS = 10_000;
  private static final int POLL_RECORDS = 5_000;
  // A mention takes some ten bytes of the shuffle and changes two rows, and each of them may have
  // to be read from disk first: some 7 microseconds of CPU. A poll is one turn, so it brings 512
  // KiB of them.
  private static final int SHUFFLE_WEIGHT = 32;
  // A poll is one turn, and the loop's running tasks wait for it. Larger polls are no faster: a
  // store gathers the rows that it restores.
  private static final int RESTORE_POLL_RECORDS = 20_000;
  private static final int BATCH_BYTES = 256 << 10;

  private static final List<String> KINDS = List.of("consumer.", "producer.", "admin.");

  // One for each kind and loop: a new client replaces the closed one.
  private final Map<String, ClientFigures> newest = new ConcurrentHashMap<>();
  private final EngineConfig config;

  public NetworkClients(EngineConfig config) {
    this.config = config;
  }

  @Override
  public Consumer<ByteBuffer, ByteBuffer> group(int loop, Membership membership) {
    Map<String, Object> settings = consumer(loop, "group");
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, config.identity().appId());
    // Static membership: a restart within the session timeout moves nothing.
    settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, member(loop));
    settings.putIfAbsent(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_TIMEOUT_MS);
    settings.putIfAbsent(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, HEARTBEAT_MS);
    // So soon partitions that were added to the posts topic are assigned.
    settings.putIfAbsent(ConsumerConfig.METADATA_MAX_AGE_CONFIG, METADATA_MS);
    settings.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, List.of(TaskAssignor.class.getName()));
    settings.put(TaskAssignor.MEMBERSHIP_CONFIG, membership);
    settings.put(TaskAssignor.POSTS_CONFIG, config.posts().topic());
    settings.put(TaskAssignor.SHUFFLE_CONFIG, TopicNames.of(config).shuffle());
    settings.putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, POLL_RECORDS);
    return noted(Kind.GROUP, loop, settings, bounded(settings));
  }

  @Override
  public Consumer<byte[], byte[]> restore(int loop) {
    Map<String, Object> settings = consumer(loop, "restore");
    settings.putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, RESTORE_POLL_RECORDS);
    return noted(
        Kind.RESTORE,
        loop,
        settings,
        BoundedConsumer.of(settings, new ByteArrayDeserializer(), topic -> 1));
  }

  @Override
  public Consumer<ByteBuffer, ByteBuffer> follow(int loop) {
    Map<String, Object> settings = consumer(loop, "follow");
    settings.putIfAbsent(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, POLL_RECORDS);
    return noted(Kind.FOLLOW, loop, settings, bounded(settings));
  }

  @Override
  public Consumer<ByteBuffer, ByteBuffer> look(int loop) {
    return BoundedConsumer.of(consumer(loop, "look"), new ByteBufferDeserializer(), topic -> 1);
  }

  @Override
  public Consumer<ByteBuffer, ByteBuffer> lookAtAll(int loop) {
    Map<String, Object> settings = consumer(loop, "look");
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_uncommitted");
    return BoundedConsumer.of(settings, new ByteBufferDeserializer(), topic -> 1);
  }

  private Consumer<ByteBuffer, ByteBuffer> bounded(Map<String, Object> settings) {
    String shuffle = TopicNames.of(config).shuffle();
    return BoundedConsumer.of(
        settings,
        new ByteBufferDeserializer(),
        topic -> topic.equals(shuffle) ? SHUFFLE_WEIGHT : 1);
  }

  private Map<String, Object> consumer(int loop, String role) {
    Map<String, Object> settings = common("consumer.", role + "-" + member(loop));
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    // The caller decides where to begin reading, never the client.
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    settings.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    return settings;
  }

  @Override
  public Producer<byte[], byte[]> producer(int loop) {
    Map<String, Object> settings = producerSettings("producer-" + member(loop));
    if (config.guarantee() == Guarantee.EXACTLY_ONCE) {
      // Stable, so that a restart fences its former self at once.
      settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId(loop));
      settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, TRANSACTION_TIMEOUT_MS);
    }
    Producer<byte[], byte[]> producer =
        new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    note(Kind.PRODUCER, loop, settings, producer::metrics);
    return producer;
  }

  @Override
  public Producer<byte[], byte[]> refill(int partition) {
    Map<String, Object> settings = producerSettings("refill-" + partition);
    settings.put(
        ProducerConfig.TRANSACTIONAL_ID_CONFIG, config.identity().appId() + "-refill-" + partition);
    settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, REFILL_TIMEOUT_MS);
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private Map<String, Object> producerSettings(String role) {
    Map<String, Object> settings = new HashMap<>();
    settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
    settings.put(ProducerConfig.BATCH_SIZE_CONFIG, BATCH_BYTES);
    // Batches wait for the commit, which sends them at once.
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 50);
    settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, REQUEST_TIMEOUT_MS);
    settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, REQUEST_TIMEOUT_MS);
    settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 2 * REQUEST_TIMEOUT_MS);
    settings.putAll(common("producer.", role));
    settings.put(ProducerConfig.ACKS_CONFIG, "all");
    settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    return settings;
  }

  @Override
  public String transactionalId(int loop) {
    return config.guarantee() == Guarantee.EXACTLY_ONCE
        ? config.identity().appId() + "-" + member(loop)
        : "";
  }

  @Override
  public Admin admin() {
    PortProbe.require(config);
    Map<String, Object> settings = common("admin.", "admin-" + config.identity().instanceId());
    settings.putIfAbsent("request.timeout.ms", REQUEST_TIMEOUT_MS);
    settings.putIfAbsent("default.api.timeout.ms", 2 * REQUEST_TIMEOUT_MS);
    Admin admin;
    try {
      admin = Admin.create(settings);
    } catch (KafkaException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new ConfigException("a Kafka client cannot be made: " + cause.getMessage());
    }
    note(Kind.ADMIN, -1, settings, admin::metrics);
    return admin;
  }

  private <K, V> Consumer<K, V> noted(
      Kind kind, int loop, Map<String, Object> settings, Consumer<K, V> consumer) {
    note(kind, loop, settings, consumer::metrics);
    return consumer;
  }

  private void note(
      Kind kind,
      int loop,
      Map<String, Object> settings,
      Supplier<Map<MetricName, ? extends Metric>> metrics) {
    String clientId = String.valueOf(settings.get(CommonClientConfigs.CLIENT_ID_CONFIG));
    newest.put(clientId, new ClientFigures(kind, loop, clientId, metrics));
  }

  @Override
  public Collection<ClientFigures> figures() {
    return List.copyOf(newest.values());
  }

  private String member(int loop) {
    return config.identity().instanceId() + "-" + loop;
  }

  /** The user's settings for one kind of client: those with its prefix replace the general ones. */
  private Map<String, Object> common(String kind, String role) {
    Map<String, Object> settings = new HashMap<>();
    Map<String, String> given = config.brokers().kafka();
    given.forEach(
        (key, value) -> {
          if (KINDS.stream().noneMatch(key::startsWith)) {
            settings.put(key, value);
          }
        });
    given.forEach(
        (key, value) -> {
          if (key.startsWith(kind)) {
            settings.put(key.substring(kind.length()), value);
          }
        });
    // Their figures are read from the clients themselves; whoever wants JMX or the brokers to have
    // them, too, says so, and pays for it with a part of each start.
    settings.putIfAbsent(CommonClientConfigs.METRIC_REPORTER_CLASSES_CONFIG, List.of());
    settings.putIfAbsent(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, false);
    settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, config.brokers().bootstrap());
    settings.put(CommonClientConfigs.CLIENT_ID_CONFIG, config.identity().appId() + "-" + role);
    return settings;
  }
}
