package io.streamsocial.processor.offline;

import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.log.Combiner;
import io.streamsocial.processor.posts.PostExtractor;
import io.streamsocial.processor.posts.PostParser;
import io.streamsocial.processor.posts.PostRecord;
import io.streamsocial.processor.task.KeptView;
import io.streamsocial.processor.views.ConsumedRecord;
import io.streamsocial.processor.views.Emissions;
import io.streamsocial.processor.views.RejectedRecord;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.SessionStore;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.table.CountTable;
import io.streamsocial.store.table.Lanes;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;

/**
 * What the rows of one view should be by the posts that the state includes: its own extractor and
 * merges, and no other state of the engine. Nothing is taken for late, and no row begins anew after
 * a time to live: a row says when that may have been otherwise in the engine.
 *
 * <p>Holds the rows of one slice of the keys; a slice is by group and key, so that all sessions of
 * a key are in one. Not thread-safe.
 */
final class ViewRecount {
  /** One row, or session. */
  static final class Row {
    private long[] lanes;
    private boolean isDoubtful;
    private long[] firsts = {}; // source and offset, in turn

    private Row(long[] lanes) {
      this.lanes = lanes;
    }

    private Row(Row other) {
      this.lanes = other.lanes.clone();
      this.isDoubtful = other.isDoubtful;
      this.firsts = other.firsts.clone();
    }

    /** Its longs, and its bytes behind them. */
    long[] lanes() {
      return lanes;
    }

    /** Whether some of its events may have been late, or before a time to live ended. */
    boolean isDoubtful() {
      return isDoubtful;
    }

    /** Source and offset of the first event of each source, in turn. */
    long[] firsts() {
      return firsts;
    }

    private void first(long source, long offset) {
      for (int i = 0; i < firsts.length; i += 2) {
        if (firsts[i] == source) {
          firsts[i + 1] = Math.min(firsts[i + 1], offset);
          return;
        }
      }
      firsts = Arrays.copyOf(firsts, firsts.length + 2);
      firsts[firsts.length - 2] = source;
      firsts[firsts.length - 1] = offset;
    }

    private void take(Row other, Lanes of) {
      lanes = of.merged(lanes, 0, other.lanes, 0);
      isDoubtful |= other.isDoubtful;
      for (int i = 0; i < other.firsts.length; i += 2) {
        first(other.firsts[i], other.firsts[i + 1]);
      }
    }
  }

  /** Receives each row with its key in the changelog. */
  interface Reader {
    void row(VerifiedPartition partition, byte[] key, Row row);
  }

  /** The record, and the post that it holds. */
  private static final class Post extends ConsumedRecord implements PostRecord {
    private @Nullable PostParser parser;

    @Override
    public PostParser post() {
      if (parser == null) {
        throw new IllegalStateException("no post yet");
      }
      return parser;
    }
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  private record Named(VerifiedPartition partition, byte[] group, byte[] key) {}

  private final KeptView view;
  private final Emissions emissions;
  private final List<Emissions> others = new ArrayList<>();
  private final String topic;
  private final SortedMap<Integer, VerifiedPartition> partitions;
  private final int shufflePartitions;
  private final Tallies.KeySlice slice;
  private final long rowsMax;
  private final Post record = new Post();
  private final Map<ByteBuffer, Named> names = new HashMap<>();
  // By name: rows by the start of their window or session.
  private final Map<ByteBuffer, NavigableMap<Long, Row>> rows = new HashMap<>();
  private final boolean[] hasNegative; // by field of the lanes
  private final boolean[] hasNone;
  private long size;

  private ViewRecount(
      EngineConfig config,
      KeptView view,
      SortedMap<Integer, VerifiedPartition> partitions,
      int shufflePartitions,
      Tallies.KeySlice slice,
      long rowsMax) {
    this.view = view;
    this.topic = config.posts().topic();
    this.partitions = partitions;
    this.shufflePartitions = shufflePartitions;
    this.slice = slice;
    this.rowsMax = rowsMax;
    this.hasNegative = new boolean[view.lanes().fields()];
    this.hasNone = new boolean[view.lanes().fields()];
    int most = config.posts().maxPostBytes();
    Emissions own = null;
    for (View each : config.views().others()) {
      boolean isOfPosts = each.extractor(topic).orElse(null) instanceof PostExtractor;
      // Times were judged when the post was read: of those ahead of the clock there are notes.
      Emissions made =
          new Emissions(
              each,
              Long.MAX_VALUE,
              isOfPosts ? Math.max(Emissions.EMISSIONS_MAX, most / 2) : Emissions.EMISSIONS_MAX);
      if (each.name().equals(view.name())) {
        own = made;
      } else if (each.topics().contains(topic)) {
        others.add(made);
      }
    }
    if (own == null) {
      throw new IllegalArgumentException("view %s is not configured".formatted(view.name()));
    }
    this.emissions = own;
  }

  /**
   * Why the input of a view cannot be counted again; empty when it can.
   *
   * @param view of the configuration
   */
  static Optional<String> refusal(EngineConfig config, View view) {
    return view.topics().equals(List.of(config.posts().topic()))
        ? Optional.empty()
        : Optional.of("it reads other topics than the posts");
  }

  /**
   * Counts a slice again.
   *
   * @param rowsMax kept in memory
   */
  static ViewRecount read(
      EngineConfig config,
      KeptView view,
      PostsReplay posts,
      SortedMap<Integer, VerifiedPartition> partitions,
      int shufflePartitions,
      Tallies.KeySlice slice,
      long rowsMax)
      throws Tallies.TooManyException {
    ViewRecount recount =
        new ViewRecount(config, view, partitions, shufflePartitions, slice, rowsMax);
    posts.read(recount::post);
    return recount;
  }

  private void post(ConsumerRecord<byte[], byte[]> post, PostParser parser)
      throws Tallies.TooManyException {
    record.parser = parser;
    record.of(inBuffers(post));
    try {
      for (Emissions other : others) {
        other.extract(record, 0);
      }
      emissions.extract(record, 0);
    } catch (RejectedRecord e) {
      return; // it counts in no view
    }
    for (int i = 0; i < emissions.size(); i++) {
      add(post, i);
    }
  }

  private static ConsumerRecord<ByteBuffer, ByteBuffer> inBuffers(
      ConsumerRecord<byte[], byte[]> post) {
    return new ConsumerRecord<>(
        post.topic(),
        post.partition(),
        post.offset(),
        post.timestamp(),
        TimestampType.CREATE_TIME,
        post.serializedKeySize(),
        post.serializedValueSize(),
        post.key() == null ? null : ByteBuffer.wrap(post.key()),
        post.value() == null ? null : ByteBuffer.wrap(post.value()),
        new RecordHeaders(post.headers()),
        post.leaderEpoch());
  }

  private void add(ConsumerRecord<byte[], byte[]> post, int emission)
      throws Tallies.TooManyException {
    int offset = emissions.keyOffset(emission);
    byte[] key =
        Arrays.copyOfRange(emissions.bytes(), offset, offset + emissions.keyLength(emission));
    VerifiedPartition owner = partitions.get(Combiner.partition(key, shufflePartitions));
    if (owner == null || post.offset() >= owner.included(post.partition())) {
      return;
    }
    long timeMs = emissions.timeMs(emission);
    Row row = new Row(view.lanes().copy(emissions.rows(), emissions.row(emission)));
    row.isDoubtful = isDoubtful(owner, timeMs);
    row.first(post.partition(), post.offset());
    note(row.lanes);
    Row ofGroup = new Row(row);
    long start = startMs(timeMs);
    add(new Named(owner, new byte[0], key), start, row);
    if (view.isGrouped()) {
      int from = emissions.groupOffset(emission);
      byte[] group =
          Arrays.copyOfRange(emissions.bytes(), from, from + emissions.groupLength(emission));
      add(new Named(owner, countedIn(owner, start, group), key), start, ofGroup);
    }
  }

  private byte[] countedIn(VerifiedPartition owner, long startMs, byte[] group) {
    return view.kind() == TaskStore.Kind.WINDOWS ? owner.countedIn(startMs, group) : group;
  }

  /** Of its window; of a session, whose bounds are not known yet, its own time. */
  private long startMs(long timeMs) {
    if (view.kind() == TaskStore.Kind.SESSIONS) {
      return timeMs;
    }
    return view.windowing().isNone() ? 0 : view.windowing().start(timeMs);
  }

  private boolean isDoubtful(VerifiedPartition owner, long timeMs) {
    long streamTimeMs = owner.position().streamTimeMs();
    if (view.windowing().isNone()) {
      return view.hasTimeToLive() && timeMs < view.firstKeptMs(streamTimeMs);
    }
    return view.windowing().isLate(view.windowing().start(timeMs), streamTimeMs);
  }

  /** What the values of fields are, by which it is known what a row with fewer events may have. */
  private void note(long[] row) {
    for (int field = 0; field < hasNegative.length; field++) {
      long value = row[view.lanes().lane(field)];
      hasNegative[field] |= value < 0;
      hasNone[field] |= value == 0;
    }
  }

  private void add(Named named, long start, Row row) throws Tallies.TooManyException {
    byte[] of = view.format().key(0, 0, named.group, named.key, 0, named.key.length);
    int end = view.format().keyEnd(of); // the times are not known yet
    if (!slice.has(CountTable.hash(of, 0, end))) {
      return;
    }
    ByteBuffer name = ByteBuffer.wrap(of, 0, end);
    NavigableMap<Long, Row> all = rows.get(name);
    if (all == null) {
      all = new TreeMap<>();
      rows.put(name, all);
      names.put(name, named);
    }
    if (view.kind() == TaskStore.Kind.SESSIONS) {
      addSession(all, row);
    } else {
      Row known = all.get(start);
      if (known == null) {
        all.put(start, row);
        size++;
      } else {
        known.take(row, view.lanes());
      }
    }
    if (size > rowsMax) {
      throw new Tallies.TooManyException();
    }
  }

  private void addSession(NavigableMap<Long, Row> all, Row event) {
    long gapMs = view.windowing().sizeMs();
    Row session = event;
    Map.Entry<Long, Row> before = all.floorEntry(start(session));
    if (before != null && start(session) - end(before.getValue()) <= gapMs) {
      session.take(before.getValue(), view.lanes());
      all.remove(before.getKey());
      size--;
    }
    Map.Entry<Long, Row> next = all.ceilingEntry(start(session));
    while (next != null && next.getKey() - end(session) <= gapMs) {
      session.take(next.getValue(), view.lanes());
      all.remove(next.getKey());
      size--;
      next = all.ceilingEntry(start(session));
    }
    all.put(start(session), session);
    size++;
  }

  private static long start(Row session) {
    return session.lanes[SessionStore.START];
  }

  private static long end(Row session) {
    return session.lanes[SessionStore.END];
  }

  /** All rows of the slice. */
  void forEach(Reader reader) {
    rows.forEach(
        (name, all) -> {
          Named named = names.get(name);
          if (named != null) {
            all.forEach(
                (start, row) -> {
                  byte[] key =
                      view.format()
                          .key(start, named.group, named.key, 0, named.key.length, row.lanes, 0);
                  reader.row(named.partition, key, row);
                });
          }
        });
  }

  /** The session that holds all of another one; null for none. */
  @Nullable Row sessionAround(byte[] key, long startMs, long endMs) {
    NavigableMap<Long, Row> all = rows.get(ByteBuffer.wrap(key, 0, view.format().keyEnd(key)));
    Map.Entry<Long, Row> around = all == null ? null : all.floorEntry(startMs);
    return around == null || end(around.getValue()) < endMs ? null : around.getValue();
  }

  /** Whether a sum shows each event: without one of them it would be another. */
  boolean showsEvents() {
    for (int field = 0; field < hasNone.length; field++) {
      if (view.lanes().merge(field) == Lanes.Merge.SUM && !hasNegative[field] && !hasNone[field]) {
        return true;
      }
    }
    return false;
  }

  /** Whether a row may be that of some events of another one, by its longs. */
  boolean isOfSome(long[] some, long[] all) {
    for (int field = 0; field < hasNegative.length; field++) {
      int lane = view.lanes().lane(field);
      boolean may =
          switch (view.lanes().merge(field)) {
            case SUM -> hasNegative[field] || some[lane] <= all[lane];
            case MAX -> some[lane] <= all[lane];
            case MIN -> some[lane] >= all[lane];
            case FIRST -> compare(some, all, lane) >= 0;
            case LAST -> compare(some, all, lane) <= 0;
          };
      if (!may) {
        return false;
      }
    }
    return true;
  }

  /** By time, then value. */
  private static int compare(long[] a, long[] b, int lane) {
    int byTime = Long.compare(a[lane - 1], b[lane - 1]);
    return byTime != 0 ? byTime : Long.compare(a[lane], b[lane]);
  }
}
