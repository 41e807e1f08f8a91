package io.streamsocial.bench.posts;

/** Who writes the posts: a pure function, so that posts stay one of their numbers. */
public interface Users {
  /** Draws are below this. */
  int DRAWS = 1_000_000;

  /** A million, each as likely as any other and from anywhere. */
  Users EVEN =
      new Users() {
        @Override
        public int count() {
          return DRAWS;
        }

        @Override
        public int user(int draw, int region) {
          return draw;
        }
      };

  /** Ids are below this. */
  int count();

  /**
   * The id of the user of a post.
   *
   * @param draw 0 to {@link #DRAWS} - 1, each as likely
   * @param region of the post
   */
  int user(int draw, int region);

  /**
   * Users of a power law: the user of rank k in a region writes in proportion to 1 / sqrt(k), so
   * that the first 1 % of them write 10 % of the posts. Each lives in one region, and one post of
   * 16 is sent from the next one.
   */
  static Users resident(int count) {
    int regions = PostSource.REGIONS.length;
    int residents = Math.max(1, count / regions);
    return new Users() {
      @Override
      public int count() {
        return residents * regions;
      }

      @Override
      public int user(int draw, int region) {
        double share = (double) draw / DRAWS;
        int home = draw % 16 == 0 ? (region + regions - 1) % regions : region;
        return ((int) (residents * share * share)) * regions + home;
      }
    };
  }
}
