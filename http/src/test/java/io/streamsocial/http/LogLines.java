package io.streamsocial.http;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/** What is logged while it is open, at every level that is on. */
final class LogLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private final List<ILoggingEvent> events = new CopyOnWriteArrayList<>();
  private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);

  LogLines() {
    setContext(root.getLoggerContext());
    start();
    root.addAppender(this);
  }

  @Override
  protected void append(ILoggingEvent event) {
    event.prepareForDeferredProcessing();
    events.add(event);
  }

  List<ILoggingEvent> all() {
    return List.copyOf(events);
  }

  /** Those that have this key and value. */
  List<ILoggingEvent> with(String key, String value) {
    return events.stream().filter(event -> has(event, key, value)).toList();
  }

  private static boolean has(ILoggingEvent event, String key, String value) {
    List<KeyValuePair> pairs = event.getKeyValuePairs();
    return pairs != null
        && pairs.stream().anyMatch(pair -> pair.key.equals(key) && value.equals(pair.value));
  }

  @Override
  public void close() {
    root.detachAppender(this);
    stop();
  }
}
