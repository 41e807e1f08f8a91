package io.streamsocial.broker;

import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A further door of each node for clients, beside the plain one.
 *
 * @param name as clients of {@link LocalBroker#bootstrap(String)} call it: letters and digits
 * @param protocol SSL, SASL_SSL, SASL_PLAINTEXT or PLAINTEXT
 * @param properties of this listener alone, without Kafka's prefix: {@code ssl.keystore.location}
 * @param advertised the port, also of the loopback interface, that clients are told to come to when
 *     something stands between them and the listener; only a single node can have one
 */
public record Listener(
    String name, String protocol, Map<String, String> properties, OptionalInt advertised) {

  public Listener {
    properties = Map.copyOf(properties);
    if (!name.matches("[A-Z0-9]+") || name.equals("PLAINTEXT") || name.equals("CONTROLLER")) {
      throw new IllegalArgumentException(
          "listener is '%s': allowed are capital letters and digits, but not PLAINTEXT and CONTROLLER"
              .formatted(name));
    }
  }

  String prefix() {
    return "listener.name." + name.toLowerCase(Locale.ROOT) + ".";
  }
}
