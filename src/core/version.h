/* version.h -- the one place that knows the version. */
#ifndef LUFT_VERSION_H
#define LUFT_VERSION_H

#define LUFT_VERSION "0.1.0"

#endif
