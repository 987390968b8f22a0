using Engine.Core.Operations;

namespace Engine.Core.Autodiff;

/// <summary>What a backward pass has gathered for each tensor: contributions, which are added up when the tensor's turn comes.</summary>
internal sealed class Cotangents
{
    private readonly Dictionary<Tensor, List<Tensor>> _contributions = new(ReferenceEqualityComparer.Instance);

    /// <summary>Adds a contribution, of the tensor's shape, of one that broadcasts to it, or of one to which it was broadcast.</summary>
    public void Add(Tensor tensor, Tensor cotangent)
    {
        if (!_contributions.TryGetValue(tensor, out var list))
            _contributions.Add(tensor, list = []);
        list.Add(Unbroadcast(cotangent, tensor.Shape));
    }

    /// <summary>The sum of a tensor's contributions, of its shape; null if there are none.</summary>
    public Tensor? Of(Tensor tensor)
    {
        if (!_contributions.TryGetValue(tensor, out var list))
            return null;
        JoinParts(list, tensor.Shape);
        var sum = list.Aggregate((a, b) => a + b).BroadcastTo(tensor.Shape);
        _contributions[tensor] = [sum];
        return sum;
    }

    // The one place where broadcasting is undone: what was repeated on the way is summed on the way back.
    private static Tensor Unbroadcast(Tensor g, Shape shape)
    {
        if (Shape.Broadcast(g.Shape, shape) == shape)
            return g;
        int added = g.Rank - shape.Rank;
        int[] axes = [.. Enumerable.Range(0, g.Rank).Where(axis => axis < added || (shape[axis - added] == 1 && g.Shape[axis] != 1))];
        return g.Sum(keepDims: true, axes).ReshapeTo(shape);
    }

    // Slices that cut a tensor into parts along an axis send back one padded tensor each. Joining the parts gives the same sum in a
    // single pass; the padded ones are then read by nobody, and a program drops them.
    private static void JoinParts(List<Tensor> list, Shape shape)
    {
        for (int axis = 0; axis < shape.Rank && list.Count > 1; axis++)
        {
            var parts = list.Where(g => IsPart(g, shape, axis)).OrderBy(g => ((Pad)g.Operation!).Starts[axis]).ToArray();
            int end = 0;
            foreach (var part in parts)
                end = ((Pad)part.Operation!).Starts[axis] == end ? end + part.Inputs[0].Shape[axis] : -1;
            if (parts.Length < 2 || end != shape[axis])
                continue;
            list.RemoveAll(parts.Contains);
            list.Add(Tensor.Concatenate(axis, [.. parts.Select(part => part.Inputs[0])]));
        }
    }

    private static bool IsPart(Tensor g, Shape shape, int axis)
        => g.Shape == shape && g.Operation is Pad pad && pad.Steps.All(step => step == 1)
            && g.Inputs[0].Shape.With(axis, 1) == shape.With(axis, 1)
            && pad.Starts.Where((_, other) => other != axis).All(start => start == 0);
}
