/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "bridge-activation.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACTIVATION_FIRST_FD 3
#define ACTIVATION_FDS_MAX 64

typedef struct {
	GSocket *socket;
	char *name;
} ActivationSocket;

struct _BridgeActivation {
	GPtrArray *sockets; /* of ActivationSocket */
};

static void
activation_socket_free(gpointer data)
{
	ActivationSocket *self = data;

	g_clear_object(&self->socket);
	g_free(self->name);
	g_free(self);
}

static gboolean
activation_is_listening(int fd)
{
	int type = 0;
	int listening = 0;
	socklen_t length = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) == 0 &&
	       listening != 0;
}

static void
activation_add(BridgeActivation *self, int fd, const char *name)
{
	ActivationSocket *one = NULL;
	GSocket *socket = NULL;

	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (activation_is_listening(fd))
		socket = g_socket_new_from_fd(fd, NULL);
	if (socket == NULL) {
		g_warning("descriptor %d of the service manager is no listening stream socket", fd);
		close(fd);
		return;
	}
	one = g_new0(ActivationSocket, 1);
	one->socket = socket;
	one->name = g_strdup(name);
	g_ptr_array_add(self->sockets, one);
}

/* How many descriptors are for this very process. */
static guint
activation_read_count(void)
{
	guint64 pid = 0;
	guint64 count = 0;
	const char *pid_text = g_getenv("LISTEN_PID");
	const char *count_text = g_getenv("LISTEN_FDS");

	if (pid_text == NULL || count_text == NULL ||
	    !g_ascii_string_to_unsigned(pid_text, 10, 1, G_MAXINT32, &pid, NULL) ||
	    !g_ascii_string_to_unsigned(count_text, 10, 0, ACTIVATION_FDS_MAX, &count, NULL) ||
	    (pid_t)pid != getpid())
		return 0;
	return (guint)count;
}

BridgeActivation *
bridge_activation_new(void)
{
	BridgeActivation *self = g_new0(BridgeActivation, 1);
	const char *names_text = g_getenv("LISTEN_FDNAMES");
	g_auto(GStrv) names = g_strsplit(names_text != NULL ? names_text : "", ":", -1);
	guint n_names = g_strv_length(names);
	guint count = activation_read_count();

	self->sockets = g_ptr_array_new_with_free_func(activation_socket_free);
	for (guint i = 0; i < count; i++)
		activation_add(self, ACTIVATION_FIRST_FD + (int)i, i < n_names ? names[i] : "");
	g_unsetenv("LISTEN_PID");
	g_unsetenv("LISTEN_FDS");
	g_unsetenv("LISTEN_FDNAMES");
	return self;
}

void
bridge_activation_free(BridgeActivation *self)
{
	g_ptr_array_unref(self->sockets);
	g_free(self);
}

GPtrArray *
bridge_activation_take(BridgeActivation *self, const char *name)
{
	GPtrArray *taken = g_ptr_array_new_with_free_func(g_object_unref);
	guint place = 0;

	while (place < self->sockets->len) {
		ActivationSocket *one = g_ptr_array_index(self->sockets, place);

		if (name == NULL || g_str_equal(one->name, name)) {
			g_ptr_array_add(taken, g_steal_pointer(&one->socket));
			g_ptr_array_remove_index(self->sockets, place);
		} else {
			place++;
		}
	}
	return taken;
}

guint
bridge_activation_count(BridgeActivation *self)
{
	return self->sockets->len;
}
