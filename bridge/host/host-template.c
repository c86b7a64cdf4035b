/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "host-template.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link/bridge-link.h"

typedef struct {
	int control;
	int children_fd;  /* readable when a child has ended */
	GArray *children; /* of pid_t, those that are not reaped yet */
} HostTemplate;

typedef union {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
} HostControl;

static gboolean
host_template_send(int control, const BridgeTemplateReply *reply, int fd)
{
	struct iovec vector = {.iov_base = (void *)reply, .iov_len = sizeof *reply};
	HostControl buffer = {0};
	struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
	gssize sent;

	if (fd >= 0) {
		message.msg_control = buffer.bytes;
		message.msg_controllen = sizeof buffer.bytes;
		buffer.header.cmsg_level = SOL_SOCKET;
		buffer.header.cmsg_type = SCM_RIGHTS;
		buffer.header.cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(&buffer.header), &fd, sizeof fd);
	}
	do
		sent = sendmsg(control, &message, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent == sizeof *reply;
}

/* Returns: the length of the message, 0 at the end, or -1; @fd is -1 if none came */
static gssize
host_template_receive(int control, BridgeTemplateRequest *request, int *fd)
{
	struct iovec vector = {.iov_base = request, .iov_len = sizeof *request};
	HostControl buffer = {0};
	struct msghdr message = {.msg_iov = &vector,
	                         .msg_iovlen = 1,
	                         .msg_control = buffer.bytes,
	                         .msg_controllen = sizeof buffer.bytes};
	struct cmsghdr *header;
	gssize length;

	*fd = -1;
	do
		length = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
	while (length < 0 && errno == EINTR);
	header = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof *fd))
		memcpy(fd, CMSG_DATA(header), sizeof *fd);
	return length;
}

static void
host_template_reap(HostTemplate *self)
{
	struct signalfd_siginfo information;
	pid_t pid;

	while (read(self->children_fd, &information, sizeof information) > 0)
		;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		for (guint i = 0; i < self->children->len; i++) {
			if (g_array_index(self->children, pid_t, i) == pid) {
				g_array_remove_index_fast(self->children, i);
				break;
			}
		}
	}
}

/* A host that works ends with its link; one that hangs would stay for ever. */
static void
host_template_kill_children(HostTemplate *self)
{
	for (guint i = 0; i < self->children->len; i++)
		kill(g_array_index(self->children, pid_t, i), SIGKILL);
}

/* GLib wakes a main context through an eventfd, which a fork shares: one host would take the
 * wake-up that another is waiting for. A new one goes where the old one was. */
static void
host_template_renew_wakeups(void)
{
	g_autoptr(GDir) fds = g_dir_open("/proc/self/fd", 0, NULL);
	const char *name;

	while (fds != NULL && (name = g_dir_read_name(fds)) != NULL) {
		g_autofree char *path = g_build_filename("/proc/self/fd", name, NULL);
		g_autofree char *target = g_file_read_link(path, NULL);
		int wakeup;

		if (g_strcmp0(target, "anon_inode:[eventfd]") != 0)
			continue;
		wakeup = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (wakeup < 0 || dup2(wakeup, atoi(name)) < 0)
			abort();
		close(wakeup);
	}
}

/* What a copy must not share with its siblings. */
static void
host_template_become_child(HostTemplate *self)
{
	guint32 seed[4];
	sigset_t none;

	close(self->control);
	close(self->children_fd);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (getrandom(seed, sizeof seed, 0) != sizeof seed)
		abort();
	g_random_set_seed(seed[0]);
	srand(seed[1]);
	srandom(seed[2]);
	srand48((long)seed[3]);
	host_template_renew_wakeups();
}

/* Returns: TRUE in the child */
static gboolean
host_template_spawn(HostTemplate *self, int link)
{
	BridgeTemplateReply reply = {0};
	pid_t pid = fork();
	int pidfd;

	if (pid == 0) {
		host_template_become_child(self);
		return TRUE;
	}
	reply.error_number = errno;
	pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	if (pid > 0 && pidfd < 0) {
		reply.error_number = errno;
		kill(pid, SIGKILL);
	}
	if (pid > 0)
		g_array_append_val(self->children, pid);
	if (pidfd >= 0) {
		reply.pid = pid;
		reply.error_number = 0;
	}
	close(link);
	host_template_send(self->control, &reply, pidfd);
	if (pidfd >= 0)
		close(pidfd);
	return FALSE;
}

static HostTemplateOutcome
host_template_serve(HostTemplate *self, int *link)
{
	struct pollfd fds[] = {{.fd = self->control, .events = POLLIN},
	                       {.fd = self->children_fd, .events = POLLIN}};

	for (;;) {
		BridgeTemplateRequest request = {0};
		gssize length;

		if (poll(fds, G_N_ELEMENTS(fds), -1) < 0 && errno != EINTR)
			return HOST_TEMPLATE_FAILED;
		if (fds[1].revents != 0)
			host_template_reap(self);
		if (fds[0].revents == 0)
			continue;
		length = host_template_receive(self->control, &request, link);
		if (length == 0)
			return HOST_TEMPLATE_ENDED;
		if (length != sizeof request || request.command != BRIDGE_TEMPLATE_SPAWN ||
		    *link < 0)
			return HOST_TEMPLATE_FAILED;
		if (host_template_spawn(self, *link))
			return HOST_TEMPLATE_CHILD;
	}
}

/* After fork() only the calling thread lives on, with whatever locks the others held. */
static gboolean
host_template_check_threads(GError **error)
{
	g_autoptr(GDir) tasks = g_dir_open("/proc/self/task", 0, error);
	guint n_threads = 0;

	if (tasks == NULL)
		return FALSE;
	while (g_dir_read_name(tasks) != NULL)
		n_threads++;
	if (n_threads == 1)
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot be a template with %u threads",
	            n_threads);
	return FALSE;
}

HostTemplateOutcome
host_template_run(int control, int *link, GError **error)
{
	HostTemplate self = {.control = control, .children_fd = -1};
	HostTemplateOutcome outcome;
	sigset_t children;

	if (!host_template_check_threads(error))
		return HOST_TEMPLATE_FAILED;
	sigemptyset(&children);
	sigaddset(&children, SIGCHLD);
	sigprocmask(SIG_BLOCK, &children, NULL);
	self.children_fd = signalfd(-1, &children, SFD_NONBLOCK | SFD_CLOEXEC);
	self.children = g_array_new(FALSE, FALSE, sizeof(pid_t));
	outcome = self.children_fd >= 0 ? host_template_serve(&self, link) : HOST_TEMPLATE_FAILED;
	if (outcome != HOST_TEMPLATE_CHILD)
		host_template_kill_children(&self);
	if (outcome == HOST_TEMPLATE_FAILED)
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED,
		                    "the daemon's request makes no sense");
	g_array_unref(self.children);
	return outcome;
}
