package io.streamsocial.processor.loop;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.streamsocial.processor.ConfigException;
import io.streamsocial.processor.Moment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** How a loop that cannot go on says so. */
final class LoopThreadTest extends OneLoop {
  private final List<Throwable> failures = new ArrayList<>();

  /** Lets a loop fail in its first turn; returns what was logged at ERROR. */
  private List<ILoggingEvent> fail(RuntimeException cause) {
    AtomicBoolean thrown = new AtomicBoolean();
    Supplier<Moment> clock =
        () -> {
          if (!thrown.getAndSet(true)) {
            throw cause;
          }
          return rig.now();
        };
    Logger log = (Logger) LoggerFactory.getLogger(LoopThread.class);
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    log.addAppender(lines);
    log.setAdditive(false);
    LoopThread thread = new LoopThread(rig.loop, clock, failures::add);
    try {
      thread.start();
      assertThat(thread.join(60_000)).isTrue();
    } finally {
      log.setAdditive(true);
      log.detachAppender(lines);
    }
    assertThat(thread.failure()).isSameAs(cause);
    assertThat(failures).containsExactly(cause);
    return lines.list.stream().filter(line -> line.getLevel() == Level.ERROR).toList();
  }

  @Test
  void aMistakeOfTheConfigurationIsLoggedInItsOwnWords() {
    List<ILoggingEvent> errors =
        fail(new ConfigException("view v is other there; give the changed view another name"));
    assertThat(errors).hasSize(1);
    assertThat(errors.get(0).getFormattedMessage())
        .isEqualTo(
            "loop-0 stops, the engine has failed: view v is other there; give the changed view another name");
    assertThat(errors.get(0).getThrowableProxy()).isNull();
  }

  @Test
  void aBugIsLoggedWithItsTrace() {
    List<ILoggingEvent> errors = fail(new IllegalStateException("no such case"));
    assertThat(errors).hasSize(1);
    assertThat(errors.get(0).getThrowableProxy().getMessage()).isEqualTo("no such case");
  }
}
