/** What things cost: the same job in several ways, each measured the same way. */
@NullMarked
package io.streamsocial.bench;

import org.jspecify.annotations.NullMarked;
