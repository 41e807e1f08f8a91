package io.streamsocial.cli.shell;

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

  /**
   * May be called as often as the caller likes.
   *
   * @param now name of the task; another name starts another bar
   * @param done of total, in records
   */
  public void at(String now, long done, long total) {
    if (!now.equals(task)) {
      begin(now, total);
    }
    ProgressBar drawn = bar;
    if (drawn != null) {
      drawn.maxHint(total).stepTo(done);
      return;
    }
    long time = nanos.getAsLong();
    if (time - printedNanos >= LINE_MS * 1_000_000) {
      printedNanos = time;
      shell.say(line(done, total, (time - begunNanos) / 1e9));
    }
  }

  private void begin(String now, long total) {
    close();
    task = now;
    begunNanos = nanos.getAsLong();
    printedNanos = begunNanos;
    if (shell.terminal()) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(now)
              .setInitialMax(total)
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

  private String line(long done, long total, double seconds) {
    long rate = seconds > 0 ? Math.round(done / seconds) : 0;
    return "%s: %d of %d (%d %%), %d/s, about %s s to go"
        .formatted(
            task,
            done,
            total,
            total == 0 ? 100 : done * 100 / total,
            rate,
            rate == 0 ? "?" : Long.toString((total - done) / rate));
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
