package io.streamsocial.bench.contender;

import io.streamsocial.bench.posts.Digest;
import io.streamsocial.processor.EngineConfig;
import io.streamsocial.processor.trends.ViewRow;
import io.streamsocial.processor.views.View;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.SessionStore;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.SessionKey;
import io.streamsocial.store.table.Tail;
import io.streamsocial.store.table.WindowKey;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** The rows on disk of an engine that has ended, all partitions and views. */
final class OursRows {
  private final EngineConfig config;
  private final Digest digest = new Digest();
  private long allRegionsKeys;

  OursRows(EngineConfig config) {
    this.config = config;
  }

  void read() {
    try (StoreMemory memory = new StoreMemory(64 << 20)) {
      for (int p = 0; p < config.tasks().shufflePartitions(); p++) {
        Path task = config.instanceDirectory().resolve("task-" + p);
        if (config.views().hashtags()) {
          hashtags(task, memory);
        }
        for (View view : config.views().others()) {
          view(task, view, memory);
        }
      }
    }
  }

  private void hashtags(Path task, StoreMemory memory) {
    try (ReadOnlyStore store =
        ReadOnlyStore.open(
            task, "hashtag-trends-store", TaskStore.Kind.WINDOWS, Lanes.COUNT, memory)) {
      store.forEachRow((key, row) -> hashtag(key, row[0]));
    }
  }

  private void hashtag(byte[] key, long count) {
    byte[] region = WindowKey.region(key);
    if (region.length == 0) {
      allRegionsKeys++; // would count every mention twice
    } else {
      byte[] tag = WindowKey.tag(key);
      digest.add(WindowKey.windowStart(key), region, region.length, tag, 0, tag.length, count);
    }
  }

  private void view(Path task, View view, StoreMemory memory) {
    boolean isOfSessions = view.kind() == View.Kind.SESSION;
    TaskStore.Kind kind = isOfSessions ? TaskStore.Kind.SESSIONS : TaskStore.Kind.WINDOWS;
    try (ReadOnlyStore store = ReadOnlyStore.open(task, view.name(), kind, view.lanes(), memory)) {
      store.forEachRow(
          (key, row) -> {
            if (isOfSessions) {
              session(key, row, view);
            } else {
              user(key, row, view);
            }
          });
    }
  }

  private void session(byte[] key, long[] row, View view) {
    digest.addSpan(
        SessionKey.group(key),
        SessionKey.key(key),
        row[SessionStore.START],
        row[SessionStore.END],
        row[view.lane(0)],
        view.bytes().isPresent() ? peak(view, row) : new byte[0]);
  }

  private static byte[] peak(View view, long[] row) {
    long peak = new ViewRow(view.schema(), row[SessionStore.START], row.clone()).result();
    return ByteBuffer.allocate(Long.BYTES).putLong(peak).array();
  }

  private void user(byte[] key, long[] row, View view) {
    digest.addSpan(
        WindowKey.region(key),
        WindowKey.tag(key),
        row[view.lane(1)],
        row[view.lane(2)],
        row[view.lane(0)],
        Tail.bytes(row, view.lanes().width()));
  }

  Digest digest() {
    return digest;
  }

  /** Rows of hashtags in all regions, which no other contender has. */
  long allRegionsKeys() {
    return allRegionsKeys;
  }
}
