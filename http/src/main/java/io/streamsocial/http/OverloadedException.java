package io.streamsocial.http;

import java.util.Optional;
import java.util.concurrent.CompletionException;

/** A bound is reached: the request is refused at once instead of waiting. */
public final class OverloadedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param bound what there are too many of, for the client
   */
  public OverloadedException(String bound) {
    super(bound, null, false, false);
  }

  public Problem toProblem() {
    return Problem.retryLater(
        ProblemType.OVERLOADED, getMessage() + ": try again a little later", 1);
  }

  /** The refusal in a failure of a stage, which may have wrapped it. */
  public static Optional<OverloadedException> in(Throwable failure) {
    Throwable cause = failure;
    if (failure instanceof CompletionException && failure.getCause() != null) {
      cause = failure.getCause();
    }
    return cause instanceof OverloadedException overloaded
        ? Optional.of(overloaded)
        : Optional.empty();
  }
}
