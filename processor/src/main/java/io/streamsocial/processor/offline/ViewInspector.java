package io.streamsocial.processor.offline;

import io.streamsocial.processor.log.InputProgress;
import io.streamsocial.processor.views.AggregateFunction;
import io.streamsocial.processor.views.View;
import io.streamsocial.processor.views.ViewKey;
import io.streamsocial.store.Position;
import io.streamsocial.store.ReadOnlyStore;
import io.streamsocial.store.StoreException;
import io.streamsocial.store.StoreMemory;
import io.streamsocial.store.TaskStore;
import io.streamsocial.store.WindowStore;
import io.streamsocial.store.table.Lanes;
import io.streamsocial.store.table.SessionKey;
import io.streamsocial.store.table.Tail;
import io.streamsocial.store.table.WindowKey;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Describes one view in one store, other than the hashtags. What a view is called and how its
 * fields are is known of those that are given; of another one, and of one that the store has by
 * another definition, the fields are named by their merges. Rows that are past their time to live
 * are left out, where it is known.
 */
final class ViewInspector {
  private static final int SHOWN_MAX = 200;

  private final Map<String, Integer> fields = new LinkedHashMap<>(); // lane by name
  private final int topMax;
  private final boolean isOfSessions;
  private final boolean isWindowed;
  private final int ranked; // lane
  private final long firstKeptMs; // of the last event, in a view with a time to live
  private final Set<Long> windows = new HashSet<>();
  private final PriorityQueue<StateInspector.ViewRow> top;
  private final Lanes lanes;
  private final @Nullable View view; // null when it is not known, or has other fields
  private long rows;

  private ViewInspector(ReadOnlyStore store, @Nullable View view, int topMax) {
    this.topMax = topMax;
    this.isOfSessions = store.kind() == TaskStore.Kind.SESSIONS;
    this.isWindowed = !isOfSessions && store.sizeMs() != Long.MAX_VALUE;
    this.lanes = store.lanes();
    boolean isKnown =
        view != null
            && view.lanes().width() == lanes.width()
            && view.lanes().hasTail() == lanes.hasTail()
            && (store.rowDefinition().isEmpty()
                || store.rowDefinition().equals(view.rowDefinition()));
    this.view = isKnown ? view : null;
    if (view != null && isKnown) {
      for (int i = 0; i < view.fields().size(); i++) {
        fields.put(view.fields().get(i).name(), view.lane(i));
      }
      this.ranked = view.fields().isEmpty() ? 0 : view.lane(view.ranked().orElse(0));
    } else {
      for (int i = 0; i < lanes.fields(); i++) {
        String merge = lanes.merge(i).name().toLowerCase(Locale.ROOT);
        fields.put("%s_%d".formatted(merge, i + 1), lanes.lane(i));
      }
      this.ranked = lanes.lane(lanes.fields() - 1);
    }
    this.firstKeptMs =
        view == null || view.windowing().timeToLiveMs() == 0
            ? Long.MIN_VALUE
            : view.windowing().firstLivingMs(store.position().streamTimeMs());
    this.top = new PriorityQueue<>(Comparator.comparingLong(StateInspector.ViewRow::rank));
  }

  /**
   * @param view as it is configured; null when it is not known
   * @param topMax how many of the largest rows to report
   */
  static StateInspector.ViewState inspect(
      Path task, String name, @Nullable View view, StoreMemory memory, int topMax) {
    try (ReadOnlyStore store = ReadOnlyStore.openAny(task, name, memory)) {
      ViewInspector scan = new ViewInspector(store, view, topMax);
      String damage = null;
      try {
        store.forEachRow(scan::row);
      } catch (StoreException | IllegalArgumentException e) {
        damage = String.valueOf(e.getMessage());
      }
      return scan.state(name, store, damage);
    } catch (StoreException e) {
      return new StateInspector.ViewState(
          name, "unknown", null, 0, 0, 0, 0, 0, null, List.of(), List.of(), e.getMessage());
    }
  }

  private void row(byte[] key, long[] row) {
    if (row[0] < firstKeptMs) {
      return;
    }
    rows++;
    long start = isOfSessions ? SessionKey.start(key) : WindowKey.windowStart(key);
    if (isWindowed) {
      windows.add(start);
    }
    byte[] group = isOfSessions ? SessionKey.group(key) : WindowKey.region(key);
    StateInspector.ViewRow smallest = top.peek();
    boolean isTop = top.size() < topMax || (smallest != null && row[ranked] > smallest.rank());
    if (topMax > 0 && isTop && text(group).equals(WindowStore.ALL_REGIONS)) {
      byte[] name = isOfSessions ? SessionKey.key(key) : WindowKey.tag(key);
      List<Long> values = fields.values().stream().map(lane -> row[lane]).toList();
      top.add(new StateInspector.ViewRow(start, text(name), values, row[ranked], bytes(row)));
      if (top.size() > topMax) {
        top.remove();
      }
    }
  }

  private @Nullable String bytes(long[] row) {
    if (!lanes.hasTail()) {
      return null;
    }
    byte[] bytes = Tail.bytes(row, lanes.width());
    AggregateFunction<?> function =
        view == null ? null : view.bytes().map(View.Bytes::function).orElse(null);
    return function == null ? shown(bytes) : result(function, bytes);
  }

  /** Text, or hexadecimal digits; the first of many. */
  static String shown(byte[] bytes) {
    String text = ViewKey.of(bytes).toString();
    return text.length() <= SHOWN_MAX
        ? text
        : "%s... (%d bytes)".formatted(text.substring(0, SHOWN_MAX), bytes.length);
  }

  private static <S> String result(AggregateFunction<S> function, byte[] bytes) {
    try {
      return Long.toString(function.result(function.decode(bytes)));
    } catch (RuntimeException e) { // the function is the user's; the other rows are to be seen
      return "%s of %s".formatted(e, shown(bytes));
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private StateInspector.ViewState state(
      String name, ReadOnlyStore store, @Nullable String damage) {
    Position position = store.position();
    long streamTimeMs = position.streamTimeMs();
    List<StateInspector.ViewRow> largest = new ArrayList<>(top);
    largest.sort(
        Comparator.comparingLong(StateInspector.ViewRow::rank)
            .reversed()
            .thenComparing(StateInspector.ViewRow::key)
            .thenComparing(StateInspector.ViewRow::startMs));
    return new StateInspector.ViewState(
        name,
        isOfSessions ? "sessions" : isWindowed ? "windows" : "unwindowed",
        store.rowDefinition().isEmpty() ? null : store.rowDefinition(),
        isOfSessions || isWindowed ? store.sizeMs() : 0,
        rows,
        windows.size(),
        position.inputOffset(),
        position.changelogOffset(),
        streamTimeMs == InputProgress.NO_TIME ? null : streamTimeMs,
        List.copyOf(fields.keySet()),
        largest,
        damage);
  }
}
