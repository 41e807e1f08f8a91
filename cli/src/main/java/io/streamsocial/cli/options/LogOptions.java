package io.streamsocial.cli.options;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import java.util.Locale;
import java.util.Map;
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

  @Option(
      names = "--log-format",
      description = "auto, text or json. auto: text on a terminal, else a line of JSON an event.")
  Format format = Format.AUTO;

  @Option(
      names = "--log-level",
      description = "Level of our own log: error, warn, info, debug, trace.")
  Threshold level = Threshold.INFO;

  /**
   * Sets up the log of this process, before anything is logged. A configuration file that the user
   * has named is left as it is.
   *
   * @param terminal whether stderr is a terminal
   * @param ofProcess written into every line of JSON
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
    if (isJson(terminal) && appender instanceof OutputStreamAppender<ILoggingEvent> stream) {
      JsonLines lines = new JsonLines(ofProcess);
      lines.setContext(context);
      lines.start();
      stream.setEncoder(lines);
    }
  }

  boolean isJson(boolean terminal) {
    return format == Format.JSON || (format == Format.AUTO && !terminal);
  }
}
