package io.streamsocial.processor.loop;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.ValueAndTimestamp;
import org.apache.kafka.streams.state.WindowStore;
import org.apache.kafka.streams.state.internals.ValueAndTimestampSerde;

/**
 * A Kafka Streams program of the same application id as an engine that does not run: it restores
 * its stores from the changelogs, adds one to each row that it is sent, and logs it there. To a row
 * of text it adds a quote, and to its time a millisecond. A row of those with a time to live it may
 * also delete.
 */
final class CountingStreams {
  static final String WORDS = "words";
  static final String WINDOWS = "windows";
  static final String LATEST = "latest";
  static final String LIVING = "living";
  static final long WINDOW_MS = Duration.ofHours(1).toMillis();

  private static final long PATIENCE_NANOS = Duration.ofMinutes(2).toNanos();

  private final Map<String, String> rows = new ConcurrentHashMap<>();

  private CountingStreams() {}

  /**
   * Counts all that a topic has.
   *
   * @param input with as many partitions as the changelogs. The key of a record is that of a row;
   *     its value the start of the window, with a byte behind it when the row is of a window, two
   *     when it is of text, three when it has a time to live, and four when that is to be deleted
   * @param size how many rows there are to count
   * @return the rows as they are in its stores then, by view, start, group and key
   */
  static Map<String, String> count(
      String bootstrap, String app, String input, int size, Path stateDir) {
    CountingStreams counting = new CountingStreams();
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, app);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, stateDir.toString());
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put("auto.offset.reset", "earliest");
    try (KafkaStreams streams = new KafkaStreams(counting.topology(input).build(), settings)) {
      streams.start();
      long deadline = System.nanoTime() + PATIENCE_NANOS;
      while (counting.rows.size() < size) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError(
              "Kafka Streams is %s and has counted %d rows of %d"
                  .formatted(streams.state(), counting.rows.size(), size));
        }
        LockSupport.parkNanos(50_000_000L);
      }
      boolean unused =
          streams.close(
              CloseOptions.timeout(Duration.ofMinutes(1))
                  .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
    }
    return new TreeMap<>(counting.rows);
  }

  private StreamsBuilder topology(String input) {
    StreamsBuilder builder = new StreamsBuilder();
    builder.addStateStore(
        Stores.keyValueStoreBuilder(
            Stores.inMemoryKeyValueStore(WORDS),
            Serdes.Bytes(),
            new ValueAndTimestampSerde<>(Serdes.Long())));
    builder.addStateStore(
        Stores.keyValueStoreBuilder(
            Stores.inMemoryKeyValueStore(LATEST),
            Serdes.Bytes(),
            new ValueAndTimestampSerde<>(Serdes.String())));
    builder.addStateStore(
        Stores.keyValueStoreBuilder(
            Stores.inMemoryKeyValueStore(LIVING),
            Serdes.Bytes(),
            new ValueAndTimestampSerde<>(Serdes.Long())));
    builder.addStateStore(
        Stores.windowStoreBuilder(
            Stores.inMemoryWindowStore(
                WINDOWS, Duration.ofHours(5), Duration.ofMillis(WINDOW_MS), false),
            Serdes.Bytes(),
            Serdes.ByteArray()));
    builder.stream(input, Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
        .process(Counter::new, WORDS, WINDOWS, LATEST, LIVING);
    return builder;
  }

  @SuppressWarnings("NullAway.Init") // Kafka Streams calls init first
  private final class Counter implements Processor<byte[], byte[], Void, Void> {
    private KeyValueStore<Bytes, ValueAndTimestamp<Long>> words;
    private WindowStore<Bytes, byte[]> windows;
    private KeyValueStore<Bytes, ValueAndTimestamp<String>> latest;
    private KeyValueStore<Bytes, ValueAndTimestamp<Long>> living;

    @Override
    public void init(ProcessorContext<Void, Void> context) {
      words = context.getStateStore(WORDS);
      windows = context.getStateStore(WINDOWS);
      latest = context.getStateStore(LATEST);
      living = context.getStateStore(LIVING);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      Bytes key = Bytes.wrap(record.key());
      long startMs = ByteBuffer.wrap(record.value()).getLong();
      switch (record.value().length - Long.BYTES) {
        case 0 -> word(WORDS, words, key, startMs);
        case 1 -> window(key, startMs);
        case 2 -> text(key, startMs);
        case 3 -> word(LIVING, living, key, startMs);
        default -> {
          living.delete(key);
          rows.put(name(LIVING, 0, key), "deleted");
        }
      }
    }

    private void text(Bytes key, long timeMs) {
      ValueAndTimestamp<String> before = latest.get(key);
      latest.put(
          key,
          before == null
              ? ValueAndTimestamp.make("streams", timeMs + 1)
              : ValueAndTimestamp.make(before.value() + "'", before.timestamp() + 1));
      ValueAndTimestamp<String> row = latest.get(key);
      rows.put(name(LATEST, 0, key), "[%d, %s]".formatted(row.timestamp(), row.value()));
    }

    private void word(
        String view, KeyValueStore<Bytes, ValueAndTimestamp<Long>> store, Bytes key, long timeMs) {
      ValueAndTimestamp<Long> before = store.get(key);
      store.put(key, ValueAndTimestamp.make(before == null ? 1 : before.value() + 1, timeMs));
      ValueAndTimestamp<Long> row = store.get(key);
      rows.put(name(view, 0, key), "[%d, %d]".formatted(row.timestamp(), row.value()));
    }

    private void window(Bytes key, long startMs) {
      byte[] before = windows.fetch(key, startMs);
      long count = before == null ? 1 : ByteBuffer.wrap(before).getLong() + 1;
      long most = before == null ? 7 : ByteBuffer.wrap(before).getLong(Long.BYTES);
      byte[] row = ByteBuffer.allocate(2 * Long.BYTES).putLong(count).putLong(most).array();
      windows.put(key, row, startMs);
      rows.put(name(WINDOWS, startMs, key), "[%d, %d]".formatted(count, most));
    }
  }

  private static String name(String view, long startMs, Bytes key) {
    String groupAndKey = new String(key.get(), UTF_8);
    return "%s %d %s"
        .formatted(
            view,
            startMs,
            !view.equals(WINDOWS) ? " " + groupAndKey : groupAndKey.replace('\0', ' '));
  }
}
