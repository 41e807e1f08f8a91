package io.streamsocial.processor;

import java.util.List;

/**
 * The brokers do not answer, or not as they must for this configuration: it may be right, and a
 * later try succeed.
 */
public class UnavailableException extends ConfigException {
  private static final long serialVersionUID = 1L;

  public UnavailableException(List<String> problems) {
    super(problems);
  }

  public UnavailableException(String problem) {
    super(problem);
  }
}
