package io.streamsocial.cli.shell;

import java.util.Locale;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/**
 * Shows the progress of a long task on stderr: as a bar on a terminal, else as a line every {@value
 * #LINE_MS} ms. Not thread-safe; the bar is drawn by a thread of its own until this is closed.
 */
public final class ConsoleProgress implements AutoCloseable {
  private static final long LINE_MS = 5_000;
  private static final int REDRAW_MS = 200;
  private static final int WIDTH = 100;

  private final Shell shell;
  private final LongSupplier nanos;
  private String task = "";
  private long begunNanos;
  private long printedNanos;
  private @Nullable ProgressBar bar;

  public ConsoleProgress(Shell shell, LongSupplier nanos) {
    this.shell = shell;
    this.nanos = nanos;
  }

  /** What is counted. */
  private enum Unit {
    RECORDS("", 1),
    MEGABYTES(" MB", 1_000_000);

    private final String text;
    private final long size;

    Unit(String text, long size) {
      this.text = text;
      this.size = size;
    }
  }

  /**
   * May be called as often as the caller likes.
   *
   * @param now name of the task; another name starts another bar
   * @param done of total, in records
   */
  public void at(String now, long done, long total) {
    at(now, Unit.RECORDS, done, total);
  }

  /**
   * The same in bytes, shown as megabytes.
   *
   * @param total 0 while it is not known
   */
  public void atBytes(String now, long done, long total) {
    at(now, Unit.MEGABYTES, done, total);
  }

  private void at(String now, Unit unit, long done, long total) {
    if (!now.equals(task)) {
      begin(now, unit, total);
    }
    ProgressBar drawn = bar;
    if (drawn != null) {
      drawn.maxHint(total).stepTo(done);
      return;
    }
    long time = nanos.getAsLong();
    if (time - printedNanos >= LINE_MS * 1_000_000) {
      printedNanos = time;
      shell.say(line(unit, done, total, (time - begunNanos) / 1e9));
    }
  }

  private void begin(String now, Unit unit, long total) {
    close();
    task = now;
    begunNanos = nanos.getAsLong();
    printedNanos = begunNanos;
    if (shell.terminal()) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(now)
              .setInitialMax(total)
              .setUnit(unit.text, unit.size)
              .setUpdateIntervalMillis(REDRAW_MS)
              .setStyle(ProgressBarStyle.ASCII)
              .showSpeed()
              .setConsumer(new DelegatingProgressBarConsumer(this::draw, WIDTH))
              .build();
    }
  }

  private void draw(String line) {
    shell.err().print("\r" + line);
    shell.err().flush();
  }

  private String line(Unit unit, long done, long total, double seconds) {
    long rate = seconds > 0 ? Math.round(done / seconds) : 0;
    boolean isOpen = unit == Unit.MEGABYTES && total == 0;
    return isOpen
        ? "%s: %s%s, how much there is is not known yet"
            .formatted(task, number(unit, done), unit.text)
        : "%s: %s of %s%s (%d %%), %s%s/s, about %s s to go"
            .formatted(
                task,
                number(unit, done),
                number(unit, total),
                unit.text,
                total == 0 ? 100 : done * 100 / total,
                number(unit, rate),
                unit.text,
                rate == 0 ? "?" : Long.toString((total - done) / rate));
  }

  private static String number(Unit unit, long value) {
    return unit == Unit.RECORDS
        ? Long.toString(value)
        : String.format(Locale.ROOT, "%.1f", (double) value / unit.size);
  }

  /** Ends the line of the bar. */
  @Override
  public void close() {
    ProgressBar drawn = bar;
    if (drawn != null) {
      drawn.close();
      shell.say("");
      bar = null;
    }
    task = "";
  }
}
