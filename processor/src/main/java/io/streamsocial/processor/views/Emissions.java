package io.streamsocial.processor.views;

import io.streamsocial.store.table.Tail;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What the extractor of one view made of one record, each emission as a row of the view's lanes.
 * Bounds are checked here, and all emissions of a record are kept until its extractor returns, so
 * that all of them count or none. Reused from record to record; not thread-safe: the loop owns it.
 */
public final class Emissions {
  /** At most so many emissions a record, of a program's extractor. */
  public static final int EMISSIONS_MAX = 1_000;

  public static final int KEY_BYTES_MAX = 1_024;
  public static final int GROUP_BYTES_MAX = 256;

  /** The most bytes of one emission, and of a row. */
  public static final int TAIL_BYTES_MAX = Tail.BYTES_MAX;

  /** The most bytes that all emissions of a record have together, or their states. */
  public static final int RECORD_TAILS_MAX = 16 * TAIL_BYTES_MAX;

  // A state of a view of posts, of one mention, has fewer.
  private static final int OWN_TAIL_BYTES = 16;

  // Beyond, the buffers are given back: they belong to one large record.
  private static final int KEPT_BYTES = 64 << 10;
  private static final int EMISSIONS_KEPT = 64;

  private final View view;
  private final long maxFutureMs;
  private final int emissionsMax;
  private final long tailsMax;
  private final int width;
  private final int rankedField;
  private final GroupCheck groupCheck = new GroupCheck();
  private byte[] bytes = new byte[256];
  private int[] ends = new int[2 * 8]; // of the group and of the key of each emission
  private long[] times = new long[8];
  private long[] rows;
  private int size;
  // Of the last record: most are of the same topic as the one before.
  private @Nullable String topic;
  private @Nullable Extractor extractor;
  // Of a view whose rows have bytes.
  private final boolean hasTails;
  private final @Nullable Aggregation<?> aggregation; // null for the latest bytes
  private int[] rowEnds = new int[8];
  private long tailBytes;

  /**
   * @param maxFutureMs how far ahead of the clock an event time may be
   */
  public Emissions(View view, long maxFutureMs) {
    this(view, maxFutureMs, EMISSIONS_MAX);
  }

  /**
   * The same for an extractor of the application's own, which is known to end.
   *
   * @param emissionsMax of one record, instead of {@link #EMISSIONS_MAX}; with more, there may be
   *     more than {@link #RECORD_TAILS_MAX}, too: {@value #OWN_TAIL_BYTES} each
   */
  public Emissions(View view, long maxFutureMs, int emissionsMax) {
    this.view = view;
    this.maxFutureMs = maxFutureMs;
    this.emissionsMax = emissionsMax;
    this.tailsMax = Math.max(RECORD_TAILS_MAX, (long) emissionsMax * OWN_TAIL_BYTES);
    this.width = view.lanes().width();
    this.rankedField = view.ranked().orElse(-1);
    this.rows = new long[8 * width];
    this.hasTails = view.bytes().isPresent();
    this.aggregation =
        view.lanes().tail() instanceof Tail.Merged merged
                && merged.merger() instanceof Aggregation<?> own
            ? own
            : null;
  }

  /**
   * Replaces what is here by the emissions of a record.
   *
   * @param nowMs the wall clock
   * @throws RejectedRecord the record cannot be counted; nothing is here then
   * @throws IllegalStateException the thread was interrupted; nothing is here then
   * @throws VirtualMachineError memory is short or the JVM broken, which no record is to blame for;
   *     nothing is here then
   */
  public void extract(InputRecord record, long nowMs) {
    clear();
    Extractor extractor = extractor(record.topic());
    Out out = new Out(nowMs);
    RejectedRecord failure;
    try {
      extractor.extract(record, out);
      failure = out.violation;
    } catch (InterruptedException e) { // the engine stops: the record is read again
      Thread.currentThread().interrupt();
      size = 0;
      throw new IllegalStateException("interrupted in the extractor of " + view.name(), e);
    } catch (RejectedRecord e) {
      failure = out.violation == null ? e : out.violation;
    } catch (Throwable e) { // an Error too: a class that is missing, an assertion, deep nesting
      size = 0;
      throwIfOfJvm(e);
      failure = out.violation == null ? failed(e) : out.violation;
    } finally {
      out.isOpen = false;
    }
    if (failure != null) {
      size = 0;
      throw failure;
    }
  }

  private Extractor extractor(String of) {
    Extractor last = extractor;
    if (last != null && of.equals(topic)) {
      return last;
    }
    Extractor found =
        view.extractor(of)
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "view %s does not read %s, but %s"
                            .formatted(view.name(), of, view.topics())));
    topic = of;
    extractor = found;
    return found;
  }

  private static RejectedRecord failed(Throwable e) {
    return new RejectedRecord(RejectedRecord.EXTRACTOR_FAILED, "the extractor threw " + text(e));
  }

  /** Nesting that a parser does not stand is the record's doing, unlike all else of its kind. */
  private static void throwIfOfJvm(Throwable e) {
    if (e instanceof VirtualMachineError fatal && !(e instanceof StackOverflowError)) {
      throw fatal;
    }
  }

  /** What it says of itself, which is the program's code again. */
  private static String text(Throwable e) {
    try {
      return e.toString();
    } catch (Throwable broken) {
      throwIfOfJvm(broken);
      return e.getClass().getName() + ", whose text cannot be made";
    }
  }

  /** Nothing is here then. */
  public void clear() {
    size = 0;
    tailBytes = 0;
    if (bytes.length > KEPT_BYTES
        || times.length > EMISSIONS_KEPT
        || rows.length > KEPT_BYTES / Long.BYTES) {
      bytes = new byte[256];
      rowEnds = new int[8];
      ends = new int[2 * 8];
      times = new long[8];
      rows = new long[8 * width];
    }
  }

  /** The emitter of one record. */
  private final class Out implements Emitter {
    private final long nowMs;
    private boolean isOpen = true;
    private @Nullable RejectedRecord violation;
    // Of the next emission.
    private byte @Nullable [] tail;
    private int tailOffset;
    private int tailLength;

    Out(long nowMs) {
      this.nowMs = nowMs;
    }

    @Override
    public Emitter with(byte[] with, int offset, int length) {
      Objects.checkFromIndexSize(offset, length, with.length);
      tail = with;
      tailOffset = offset;
      tailLength = length;
      return this;
    }

    @Override
    public void emit(
        long timeMs,
        byte @Nullable [] group,
        int groupOffset,
        int groupLength,
        byte @Nullable [] key,
        int keyOffset,
        int keyLength,
        long @Nullable [] values) {
      if (!isOpen) {
        throw new IllegalStateException(
            "an emitter is valid until its extractor returns: emit before that, on the same thread");
      }
      checkTime(timeMs);
      checkGroup(group, groupOffset, groupLength);
      checkKey(key, keyLength);
      checkValues(values);
      checkTail();
      if (size == emissionsMax) {
        throw violated(
            RejectedRecord.TOO_MANY_EMISSIONS,
            "at most %d emissions of one record are allowed".formatted(emissionsMax));
      }
      growTo(groupLength + keyLength);
      int start = size == 0 ? 0 : ends[2 * size - 1];
      if (group != null) {
        System.arraycopy(group, groupOffset, bytes, start, groupLength);
      }
      System.arraycopy(
          Objects.requireNonNull(key), keyOffset, bytes, start + groupLength, keyLength);
      ends[2 * size] = start + groupLength;
      ends[2 * size + 1] = start + groupLength + keyLength;
      times[size] = timeMs;
      if (hasTails) {
        addTail(timeMs);
      }
      view.row(timeMs, Objects.requireNonNull(values), rows, row(size));
      size++;
    }

    /** Puts the bytes behind the longs of the row that is being made. */
    private void addTail(long timeMs) {
      byte[] with = Objects.requireNonNull(tail); // checked
      int offset = tailOffset;
      int length = tailLength;
      tail = null;
      if (aggregation != null) {
        with = state(aggregation, timeMs, with);
        offset = 0;
        length = with.length;
      }
      tailBytes += length;
      if (tailBytes > tailsMax) {
        throw violated(
            RejectedRecord.TOO_MANY_EMISSIONS,
            "the bytes of all emissions of one record are at most %d".formatted(tailsMax));
      }
      int at = row(size);
      int end = at + width + Tail.longs(length);
      if (end > rows.length) {
        rows = Arrays.copyOf(rows, Math.max(end, rows.length * 2));
      }
      Tail.put(with, offset, length, rows, at + width);
      rowEnds[size] = end;
    }

    private byte[] state(Aggregation<?> function, long timeMs, byte[] with) {
      try {
        return function.stateOf(timeMs, with, tailOffset, tailLength);
      } catch (RejectedRecord e) {
        throw violated(e.reason(), e.detail());
      }
    }

    private void checkTail() {
      if (!hasTails && tail != null) {
        throw violated(
            RejectedRecord.BAD_VALUE,
            "bytes were emitted, but the view keeps none: declare them with latest() or aggregate()");
      }
      if (hasTails && tail == null) {
        throw violated(
            RejectedRecord.BAD_VALUE,
            "no bytes were emitted, but the view keeps some: give them with with()");
      }
      if (tailLength > TAIL_BYTES_MAX) {
        throw violated(
            RejectedRecord.BAD_VALUE,
            "an emission has %d bytes, at most %d are allowed"
                .formatted(tailLength, TAIL_BYTES_MAX));
      }
    }

    private RejectedRecord violated(String reason, String detail) {
      RejectedRecord first = violation;
      if (first == null) {
        first = new RejectedRecord(reason, detail);
        violation = first;
      }
      return first;
    }

    private void checkTime(long timeMs) {
      if (timeMs < 0) {
        throw violated(
            RejectedRecord.BAD_TIME, "an event time of %d ms is before 1970".formatted(timeMs));
      }
      // Not now + max < time: a time near Long.MAX_VALUE must not overflow into the past.
      if (timeMs - maxFutureMs > nowMs) {
        throw violated(
            RejectedRecord.BAD_TIME,
            "an event time of %d ms is more than %d ms ahead of the clock"
                .formatted(timeMs, maxFutureMs));
      }
    }

    private void checkGroup(byte @Nullable [] group, int offset, int length) {
      if (!view.isGrouped()) {
        if (length != 0) {
          throw violated(
              RejectedRecord.BAD_GROUP,
              "a group was emitted, but the view has none: declare it with groupedBy()");
        }
      } else if (group == null) {
        throw violated(RejectedRecord.BAD_GROUP, "a group is null: emit the bytes of one");
      } else if (length < 1 || length > GROUP_BYTES_MAX) {
        throw violated(
            RejectedRecord.BAD_GROUP,
            "a group has %d bytes, allowed are 1 to %d".formatted(length, GROUP_BYTES_MAX));
      } else if (!groupCheck.isAllowed(group, offset, length)) {
        throw violated(RejectedRecord.BAD_GROUP, "a group is not UTF-8, or contains a zero byte");
      }
    }

    private void checkKey(byte @Nullable [] key, int length) {
      if (key == null) {
        throw violated(RejectedRecord.BAD_KEY, "a key is null: emit the bytes of one");
      }
      if (length < 1 || length > KEY_BYTES_MAX) {
        throw violated(
            RejectedRecord.BAD_KEY,
            "a key has %d bytes, allowed are 1 to %d".formatted(length, KEY_BYTES_MAX));
      }
    }

    private void checkValues(long @Nullable [] values) {
      if (values == null) {
        throw violated(RejectedRecord.BAD_VALUE, "the values are null: emit one a field");
      }
      if (values.length != view.fields().size()) {
        throw violated(
            RejectedRecord.BAD_VALUE,
            "%d values were emitted, the view has %d fields"
                .formatted(values.length, view.fields().size()));
      }
      if (rankedField >= 0 && values[rankedField] < 0) {
        throw violated(
            RejectedRecord.BAD_VALUE,
            "%s is %d, but rows are ranked by it: it must not be negative"
                .formatted(view.fields().get(rankedField).name(), values[rankedField]));
      }
    }
  }

  private void growTo(int more) {
    int end = (size == 0 ? 0 : ends[2 * size - 1]) + more;
    if (end > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(end, bytes.length * 2));
    }
    if (size == times.length) {
      ends = Arrays.copyOf(ends, size * 4);
      times = Arrays.copyOf(times, size * 2);
      if (hasTails) {
        rowEnds = Arrays.copyOf(rowEnds, size * 2);
      } else {
        rows = Arrays.copyOf(rows, size * 2 * width);
      }
    }
  }

  public View view() {
    return view;
  }

  /** Emissions of the record. */
  public int size() {
    return size;
  }

  /** Event time of an emission, epoch milliseconds. */
  public long timeMs(int emission) {
    return times[emission];
  }

  /** The largest event time; {@link Long#MIN_VALUE} without an emission. */
  public long latestMs() {
    long latest = Long.MIN_VALUE;
    for (int i = 0; i < size; i++) {
      latest = Math.max(latest, times[i]);
    }
    return latest;
  }

  /** Holds all groups and keys; valid until the next record. */
  public byte[] bytes() {
    return bytes;
  }

  public int groupOffset(int emission) {
    return emission == 0 ? 0 : ends[2 * emission - 1];
  }

  /** 0 in a view without groups. */
  public int groupLength(int emission) {
    return ends[2 * emission] - groupOffset(emission);
  }

  public int keyOffset(int emission) {
    return ends[2 * emission];
  }

  public int keyLength(int emission) {
    return ends[2 * emission + 1] - ends[2 * emission];
  }

  /** Holds a row of lanes an emission; valid until the next record. */
  public long[] rows() {
    return rows;
  }

  /** Where the row of an emission begins in {@link #rows}. */
  public int row(int emission) {
    if (!hasTails) {
      return emission * width;
    }
    return emission == 0 ? 0 : rowEnds[emission - 1];
  }
}
