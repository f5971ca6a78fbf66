// Containers of Kubernetes' pods, by the annotations that containerd's CRI plugin and CRI-O put into the bundle. Pure.
import { facts, type Facts } from './facts';
import { texts, type Json } from './trusted';

/** Null where the bundle is not of a pod. */
export function kubernetesFacts(bundle: Json, id: string): Facts | null {
  const labels = texts(bundle['annotations']);
  const pod = labels['io.kubernetes.cri.sandbox-name'] ?? labels['io.kubernetes.pod.name'];
  if (pod === undefined) return null;
  const name = labels['io.kubernetes.cri.container-name'] ?? labels['io.kubernetes.container.name'];
  const image = labels['io.kubernetes.cri.image-name'] ?? labels['io.kubernetes.cri-o.ImageName'] ?? null;
  // The pod's own container, which holds its namespaces, has no name but the pod's. CRI-O calls it POD.
  const own = name === undefined || name === 'POD';
  return { ...facts('kubernetes', own ? pod : name, id), image, labels, pod };
}
