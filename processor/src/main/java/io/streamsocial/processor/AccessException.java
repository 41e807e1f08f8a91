package io.streamsocial.processor;

import java.util.List;

/** The brokers refuse the configured connection or an operation that this user needs. */
public final class AccessException extends UnavailableException {
  private static final long serialVersionUID = 1L;

  public AccessException(List<String> problems) {
    super(problems);
  }

  public AccessException(String problem) {
    super(problem);
  }
}
