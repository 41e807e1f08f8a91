package io.streamsocial.processor;

import java.util.List;

/** The brokers cannot be talked to as configured, or do not let this user do what is needed. */
public final class AccessException extends ConfigException {
  private static final long serialVersionUID = 1L;

  public AccessException(List<String> problems) {
    super(problems);
  }

  public AccessException(String problem) {
    super(problem);
  }
}
