package io.streamsocial.cli.options;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.util.FileSize;
import io.streamsocial.processor.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** Logging of the commands that run until they are stopped, as options. */
public final class LogOptions {
  /** Of {@code --log-format}. */
  enum Format {
    AUTO,
    TEXT,
    JSON
  }

  /** Of {@code --log-level}. */
  enum Threshold {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
  }

  private static final String CONFIGURATION = "logback.configurationFile";
  private static final String STDERR = "-";
  private static final int FILES = 5;
  private static final long FILE_BYTES = 10 << 20;

  @Option(
      names = "--log-format",
      description = "auto, text or json. auto: text on a terminal, else a line of JSON an event.")
  Format format = Format.AUTO;

  @Option(
      names = "--log-level",
      description = "Level of our own log: error, warn, info, debug, trace.")
  Threshold level = Threshold.INFO;

  @Option(
      names = "--log-file",
      paramLabel = "FILE",
      description = {
        "Where log lines go, instead of stderr; - is stderr.",
        "At 10 MB the file is set aside as FILE.1, and so on to FILE.5; the oldest goes."
      })
  @Nullable String file;

  /** Where log lines go if the user names no place: a file, for a command that people look at. */
  public Optional<Path> fileOr(Path other) {
    if (STDERR.equals(file) || System.getProperty(CONFIGURATION) != null) {
      return Optional.empty();
    }
    return Optional.of(file == null ? other : Path.of(file));
  }

  /**
   * As {@link #apply(boolean, Map)}, with lines of text in a file.
   *
   * @throws ConfigException when the file cannot be written
   */
  public void apply(Path to, Map<String, String> ofProcess) {
    file = to.toString();
    if (format == Format.AUTO) {
      format = Format.TEXT;
    }
    apply(false, ofProcess);
  }

  /**
   * Sets up the log of this process, before anything is logged. A configuration file that the user
   * has named is left as it is.
   *
   * @param terminal whether stderr is a terminal
   * @param ofProcess written into every line of JSON
   * @throws ConfigException when the file for it cannot be written
   */
  public void apply(boolean terminal, Map<String, String> ofProcess) {
    if (System.getProperty(CONFIGURATION) != null
        || !(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
      return;
    }
    context
        .getLogger("io.streamsocial")
        .setLevel(Level.toLevel(level.name().toUpperCase(Locale.ROOT)));
    Appender<ILoggingEvent> appender =
        context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender("STDERR");
    if (!(appender instanceof OutputStreamAppender<ILoggingEvent> stream)) {
      return;
    }
    if (isJson(terminal)) {
      JsonLines lines = new JsonLines(ofProcess);
      lines.setContext(context);
      lines.start();
      stream.setEncoder(lines);
    }
    if (file != null && !file.equals(STDERR)) {
      toFile(context, stream, Path.of(file));
    }
  }

  private static void toFile(
      LoggerContext context, OutputStreamAppender<ILoggingEvent> console, Path path) {
    try {
      // Logback would complain of a file that cannot be written, and go on without a log.
      Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND).close();
    } catch (IOException e) {
      throw new ConfigException("log-file is %s: cannot be written: %s".formatted(path, e));
    }
    RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
    appender.setFile(path.toString()); // before the policies look at it
    FixedWindowRollingPolicy names = new FixedWindowRollingPolicy();
    names.setContext(context);
    names.setParent(appender);
    // A percent sign would begin a conversion.
    names.setFileNamePattern(path.toString().replace("%", "\\%") + ".%i");
    names.setMinIndex(1);
    names.setMaxIndex(FILES);
    names.start();
    SizeBasedTriggeringPolicy<ILoggingEvent> size = new SizeBasedTriggeringPolicy<>();
    size.setContext(context);
    size.setMaxFileSize(new FileSize(FILE_BYTES));
    size.start();
    appender.setContext(context);
    appender.setName("FILE");
    appender.setEncoder(console.getEncoder());
    appender.setRollingPolicy(names);
    appender.setTriggeringPolicy(size);
    appender.start();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.addAppender(appender);
    root.detachAppender(console);
  }

  boolean isJson(boolean terminal) {
    return format == Format.JSON || (format == Format.AUTO && !terminal);
  }
}
