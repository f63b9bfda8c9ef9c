# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced by the tests that look at tmem from a container: crun's, with namespaces of its own, the user's and the cgroups'
# among them; its image is the guest's root, read-only.

requires_program crun
# As podman and docker give them.
usual_capabilities='"CAP_CHOWN","CAP_DAC_OVERRIDE","CAP_FOWNER","CAP_FSETID","CAP_KILL","CAP_NET_BIND_SERVICE","CAP_SETFCAP","CAP_SETGID",
	"CAP_SETPCAP","CAP_SETUID","CAP_SYS_CHROOT"'
more_capabilities="$usual_capabilities"',"CAP_DAC_READ_SEARCH","CAP_IPC_OWNER","CAP_MKNOD","CAP_NET_ADMIN","CAP_SYS_ADMIN","CAP_SYS_RESOURCE"'

# in_container CGROUP [privileged | /dev/NAME]: runs the shell text of standard input in a container, as its root, who is nobody
# outside. A privileged one may do to its namespaces what it likes, and has a /sys that can be written. The device is given.
in_container() {
	local folder status=0 capabilities=$usual_capabilities access='"ro",' device=''
	case ${2:-} in
	privileged) capabilities=$more_capabilities access='' ;;
	/dev/*) device=$(bind_mount "$2") ;;
	esac
	folder=$(mktemp -d /run/tmem-container.XXXXXX)
	mkdir "$folder/root"
	chmod 755 "$folder"
	mount --bind / "$folder/root"
	describe_container "$1" >"$folder/config.json"
	crun run --bundle "$folder" "${folder##*/}" || status=$?
	umount "$folder/root"
	rm -r "$folder"
	return "$status"
}

# bind_mount PATH: of the guest's, at the same place.
bind_mount() {
	echo ', {"destination": "'"$1"'", "source": "'"$1"'", "type": "bind", "options": ["bind"]}'
}

# describe_container CGROUP: with what in_container has decided.
describe_container() {
	cat <<-END
		{
		  "ociVersion": "1.0.0",
		  "process": {
		    "cwd": "/", "args": ["bash", "-eu"], "env": ["PATH=/opt/bin:/usr/sbin:/usr/bin", "HOME=/tmp"],
		    "user": {"uid": 0, "gid": 0}, "noNewPrivileges": true,
		    "capabilities": {"bounding": [$capabilities], "effective": [$capabilities], "permitted": [$capabilities]}
		  },
		  "root": {"path": "root", "readonly": true},
		  "mounts": [
		    {"destination": "/proc", "type": "proc", "source": "proc"},
		    {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": [$access "nosuid", "noexec", "nodev"]},
		    {"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": [$access "nosuid", "noexec", "nodev"]},
		    {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755", "size=64k"]},
		    {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev"]}
		    $(bind_mount /opt)$device
		  ],
		  "linux": {
		    "cgroupsPath": "$1",
		    "namespaces": [
		      {"type": "user"}, {"type": "cgroup"}, {"type": "mount"}, {"type": "pid"}, {"type": "network"}, {"type": "ipc"},
		      {"type": "uts"}
		    ],
		    "uidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
		    "gidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}]
		  }
		}
	END
}
