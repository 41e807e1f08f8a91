package io.streamsocial.bench.posts;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The posts of a benchmark: post i is a pure function of the parameters. About 230 bytes of JSON,
 * one to four hashtags by Zipf's law (s = 1), three regions, event times spread evenly over the
 * span, users as asked for. Not thread-safe.
 */
public final class PostSource {
  static final String TAG = "topic_";
  static final String USER = "user-";
  static final byte[][] REGIONS = {utf8("US-East"), utf8("EU-West"), utf8("Asia-Pacific")};
  public static final long WINDOW_MS = 300_000;
  private static final int MENTIONS_MAX = 4;

  private static final byte[][] FILLER = {
    utf8("just landed and the weather is better than they said"),
    utf8("cannot believe how quickly this year went by, honestly"),
    utf8("reading about stream processing over a cup of coffee"),
    utf8("does anybody else think that mornings come too early"),
  };

  /**
   * What makes the posts.
   *
   * @param tags distinct hashtags
   * @param beginMs event time of the first post
   * @param spanMs event time that all posts cover
   * @param posts how many cover it
   * @param users who writes them
   */
  public record Parameters(
      long seed, int tags, long beginMs, long spanMs, long posts, Users users) {
    /** By {@link Users#EVEN}. */
    public Parameters(long seed, int tags, long beginMs, long spanMs, long posts) {
      this(seed, tags, beginMs, spanMs, posts, Users.EVEN);
    }
  }

  private final Parameters parameters;
  private final Zipf zipf;
  private final Digest truth = new Digest();
  private byte[] out = new byte[512];
  private int size;
  private long timestampMs;
  private int region;
  private int user;
  private final int[] mentioned = new int[MENTIONS_MAX];
  private int mentions;
  private int textBegin;
  private int textEnd;

  public PostSource(Parameters parameters) {
    this.parameters = parameters;
    this.zipf = new Zipf(parameters.tags);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A region that posts come from, 0 to 2. */
  public static byte[] region(int i) {
    return REGIONS[i].clone();
  }

  /** The hashtags of the posts by rank, the most frequent first. */
  public static byte[][] tags(int count) {
    byte[][] tags = new byte[count][];
    for (int rank = 0; rank < count; rank++) {
      tags[rank] = utf8(TAG + rank);
    }
    return tags;
  }

  /** Makes post i, 0 up to posts - 1, and adds it to the truth. */
  public byte[] post(long i) {
    SplittableRandom random = new SplittableRandom(parameters.seed + i * 0x9E3779B97F4A7C15L);
    timestampMs = parameters.beginMs + (long) ((double) parameters.spanMs * i / parameters.posts);
    region = random.nextInt(REGIONS.length);
    byte[] from = REGIONS[region];
    long windowStartMs = timestampMs - timestampMs % WINDOW_MS;
    size = 0;
    put("{\"post_id\":\"post-");
    putNumber(i);
    put("\",\"user_id\":\"");
    put(USER);
    user = parameters.users.user(random.nextInt(Users.DRAWS), region);
    putNumber(user);
    put("\",\"text\":\"");
    textBegin = size;
    put(FILLER[random.nextInt(FILLER.length)]);
    mentions = 1 + random.nextInt(MENTIONS_MAX);
    for (int m = 0; m < mentions; m++) {
      put(" #");
      int tag = size;
      put(TAG);
      mentioned[m] = zipf.next(random);
      putNumber(mentioned[m]);
      truth.add(windowStartMs, from, from.length, out, tag, size - tag, 1);
    }
    textEnd = size;
    put("\",\"region\":\"");
    put(from);
    put("\",\"timestamp\":");
    putNumber(timestampMs);
    put(",\"lang\":\"en\",\"likes\":");
    putNumber(random.nextInt(5000));
    put("}");
    return Arrays.copyOf(out, size);
  }

  /** Event time of the last post made. */
  public long timestampMs() {
    return timestampMs;
  }

  /** The region of the last post made, 0 to 2. */
  int region() {
    return region;
  }

  /** The user of the last post made. */
  int user() {
    return user;
  }

  /** The text of the last post made, which is shorter than views cut it. */
  byte[] text() {
    return Arrays.copyOfRange(out, textBegin, textEnd);
  }

  /** Hashtags in the last post made. */
  int mentions() {
    return mentions;
  }

  /** The rank of a hashtag in the last post made. */
  int mention(int i) {
    return mentioned[i];
  }

  Parameters parameters() {
    return parameters;
  }

  /** The counts of all hashtags in all posts made so far. */
  Digest truth() {
    return truth;
  }

  private void put(String ascii) {
    for (int i = 0; i < ascii.length(); i++) {
      out[size++] = (byte) ascii.charAt(i);
    }
  }

  private void put(byte[] bytes) {
    if (size + 200 + bytes.length > out.length) {
      out = Arrays.copyOf(out, out.length * 2);
    }
    System.arraycopy(bytes, 0, out, size, bytes.length);
    size += bytes.length;
  }

  private void putNumber(long value) {
    int digits = 1;
    for (long rest = value; rest >= 10; rest /= 10) {
      digits++;
    }
    long rest = value;
    for (int at = size + digits - 1; at >= size; at--) {
      out[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    size += digits;
  }

  /** Ranks by Zipf's law with s = 1, drawn by Walker's alias method in constant time. */
  public static final class Zipf {
    private final double[] probability;
    private final int[] alias;

    public Zipf(int n) {
      probability = new double[n];
      alias = new int[n];
      double sum = 0;
      for (int i = 0; i < n; i++) {
        sum += 1.0 / (i + 1);
      }
      int[] small = new int[n];
      int[] large = new int[n];
      int smalls = 0;
      int larges = 0;
      for (int i = 0; i < n; i++) {
        probability[i] = n / ((i + 1) * sum);
        if (probability[i] < 1) {
          small[smalls++] = i;
        } else {
          large[larges++] = i;
        }
      }
      while (smalls > 0 && larges > 0) {
        int less = small[--smalls];
        int more = large[--larges];
        alias[less] = more;
        probability[more] -= 1 - probability[less];
        if (probability[more] < 1) {
          small[smalls++] = more;
        } else {
          large[larges++] = more;
        }
      }
      while (larges > 0) {
        probability[large[--larges]] = 1;
      }
      while (smalls > 0) {
        probability[small[--smalls]] = 1;
      }
    }

    public int next(SplittableRandom random) {
      int i = random.nextInt(probability.length);
      return random.nextDouble() < probability[i] ? i : alias[i];
    }
  }
}
