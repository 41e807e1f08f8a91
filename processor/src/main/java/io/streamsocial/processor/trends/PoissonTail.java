package io.streamsocial.processor.trends;

/**
 * The upper tail of the Poisson distribution, in logarithms, so that neither a large count nor a
 * tiny expectation leaves the range of a double.
 *
 * <p>The mass at one point is Loader's saddle-point form (Catherine Loader, Fast and Accurate
 * Computation of Binomial Probabilities, 2000): {@code k ln x - x - ln k!} would lose all digits of
 * a large k in the difference of terms that are far larger than it. The tail is that mass times a
 * series whose terms all have one sign and fall by a known ratio: upwards from the count when it
 * lies above the expectation, else downwards, as the complement. The series takes about {@code 9
 * sqrt(k)} terms at worst, where count and expectation are equal, and some 60 where one is twice
 * the other. The relative error of the result is below 1e-9.
 */
final class PoissonTail {
  private static final double LN_10 = Math.log(10);
  private static final double LN_2_PI = Math.log(2 * Math.PI);
  // Terms below this share of the sum change nothing.
  private static final double NEGLIGIBLE = 1e-17;
  private static final int EXACT_FACTORIALS = 16;

  private PoissonTail() {}

  /**
   * How surprising a count is: -log10 of the probability of so many or more.
   *
   * @param count any; 0 and less is no surprise
   * @param expected mean of the distribution; one that is not positive counts as the smallest
   *     positive number
   * @return finite, 0 or more
   */
  static double surprise(long count, double expected) {
    if (count <= 0) {
      return 0;
    }
    if (expected == Double.POSITIVE_INFINITY) {
      return 0;
    }
    double mean = expected > Double.MIN_NORMAL ? expected : Double.MIN_NORMAL; // NaN too
    double ln = mean < count ? lnUpwards(count, mean) : Math.log1p(-belowCount(count, mean));
    return Math.max(0, -ln / LN_10);
  }

  /** P(X >= k) = P(X = k) (1 + x/(k+1) + x^2/((k+1)(k+2)) + ...), for a mean x below k. */
  private static double lnUpwards(long k, double mean) {
    double sum = 1;
    double term = 1;
    for (long n = 1; term > sum * NEGLIGIBLE; n++) {
      term *= mean / (k + n);
      sum += term;
    }
    return lnMass(k, mean) + Math.log(sum);
  }

  /** P(X < k) = P(X = k-1) (1 + (k-1)/x + (k-1)(k-2)/x^2 + ...), for a mean x of k or more. */
  private static double belowCount(long k, double mean) {
    double sum = 1;
    double term = 1;
    for (long n = k - 1; n > 0 && term > sum * NEGLIGIBLE; n--) {
      term *= n / mean;
      sum += term;
    }
    return Math.min(1, Math.exp(lnMass(k - 1, mean)) * sum);
  }

  /** ln P(X = k). */
  static double lnMass(long k, double mean) {
    return k == 0
        ? -mean
        : -stirlingError(k) - deviance(k, mean) - 0.5 * (LN_2_PI + Math.log((double) k));
  }

  /** ln k! minus Stirling's formula. */
  private static double stirlingError(long k) {
    if (k < EXACT_FACTORIALS) {
      double factorial = 1;
      for (long i = 2; i <= k; i++) {
        factorial *= i;
      }
      return Math.log(factorial)
          - (k * Math.log((double) k) - k + 0.5 * (LN_2_PI + Math.log((double) k)));
    }
    double square = (double) k * k;
    return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / 1680 / square) / square) / square) / k;
  }

  /** {@code k ln(k/x) + x - k}, also where k and x are nearly equal. */
  private static double deviance(long k, double mean) {
    double difference = k - mean;
    double sum = k + mean;
    if (Math.abs(difference) >= 0.1 * sum) {
      return k * (Math.log((double) k) - Math.log(mean)) - difference;
    }
    double v = difference / sum;
    double result = difference * v;
    double power = 2 * k * v;
    for (int odd = 3; ; odd += 2) {
      power *= v * v;
      double next = result + power / odd;
      if (next == result) {
        return result;
      }
      result = next;
    }
  }
}
