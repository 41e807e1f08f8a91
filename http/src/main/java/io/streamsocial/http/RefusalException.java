package io.streamsocial.http;

import java.util.Optional;
import java.util.concurrent.CompletionException;

/** A bound is reached: the request is refused at once instead of waiting. */
public final class RefusalException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Problem problem;

  public RefusalException(Problem problem) {
    super(problem.detail(), null, false, false);
    this.problem = problem;
  }

  /**
   * The client may try the same again a little later.
   *
   * @param bound what there are too many of, for the client
   */
  public static RefusalException overloaded(String bound) {
    return new RefusalException(
        Problem.retryLater(ProblemType.OVERLOADED, bound + ": try again a little later", 1));
  }

  public Problem problem() {
    return problem;
  }

  /** The refusal in a failure of a stage, which may have wrapped it. */
  public static Optional<RefusalException> in(Throwable failure) {
    Throwable cause = failure;
    if (failure instanceof CompletionException && failure.getCause() != null) {
      cause = failure.getCause();
    }
    return cause instanceof RefusalException refusal ? Optional.of(refusal) : Optional.empty();
  }
}
