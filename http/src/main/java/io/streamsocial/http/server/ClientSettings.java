package io.streamsocial.http.server;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Settings of Kafka clients from the user's options: a plain key is for every client, the prefixes
 * {@code consumer.}, {@code producer.} and {@code admin.} address one kind.
 */
public final class ClientSettings {
  public static final List<String> PREFIXES = List.of("consumer.", "producer.", "admin.");

  private ClientSettings() {}

  /**
   * @param own settings that the caller relies on; they override the user's
   */
  public static Map<String, Object> producer(
      String bootstrap, Map<String, String> passed, Map<String, Object> own) {
    Map<String, Object> settings = new HashMap<>();
    passed.forEach(
        (key, value) -> {
          if (PREFIXES.stream().noneMatch(key::startsWith)) {
            settings.put(key, value);
          }
        });
    passed.forEach(
        (key, value) -> {
          if (key.startsWith("producer.")) {
            settings.put(key.substring("producer.".length()), value);
          }
        });
    settings.put("bootstrap.servers", bootstrap);
    settings.putAll(own);
    return settings;
  }
}
