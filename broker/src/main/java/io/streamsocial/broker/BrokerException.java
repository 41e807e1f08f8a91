package io.streamsocial.broker;

import org.jspecify.annotations.Nullable;

/** A Kafka could not be started, reached or stopped; the message says which, why and what to do. */
public final class BrokerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BrokerException(String message) {
    super(message);
  }

  BrokerException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
