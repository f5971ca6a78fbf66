// Containers of Kubernetes' pods, by the annotations that containerd's CRI plugin and CRI-O put into the bundle. Pure.
import { shortId } from '../wholeId';
import { facts, type Facts } from './facts';
import { texts, type Json } from './trusted';

/** The labels that the kubelet gives every container, by containerd's annotation for the same. */
const LABELS = {
  'io.kubernetes.pod.name': 'io.kubernetes.cri.sandbox-name',
  'io.kubernetes.pod.namespace': 'io.kubernetes.cri.sandbox-namespace',
  'io.kubernetes.pod.uid': 'io.kubernetes.cri.sandbox-uid',
  'io.kubernetes.container.name': 'io.kubernetes.cri.container-name',
};

/** Null where the bundle is not of a pod. */
export function kubernetesFacts(bundle: Json, id: string): Facts | null {
  const annotations = texts(bundle['annotations']);
  const labels: Record<string, string> = {};
  for (const [label, annotation] of Object.entries(LABELS)) {
    // CRI-O hands on the labels themselves.
    const value = annotations[annotation] ?? annotations[label];
    if (value !== undefined) labels[label] = value;
  }
  if (labels['io.kubernetes.pod.name'] === undefined) return null;
  const image = annotations['io.kubernetes.cri.image-name'] ?? annotations['io.kubernetes.cri-o.ImageName'] ?? null;
  return { ...labelledFacts(labels, id), image };
}

/** By the labels that the kubelet gives. */
export function labelledFacts(labels: Record<string, string>, id: string): Facts {
  const pod = labels['io.kubernetes.pod.name'] ?? null;
  const name = labels['io.kubernetes.container.name'];
  // The pod's own container, which holds its namespaces, has no name but the pod's. CRI-O calls it POD.
  const own = name === undefined || name === 'POD';
  return { ...facts('kubernetes', (own ? pod : name) ?? shortId(id), id), labels, pod };
}
