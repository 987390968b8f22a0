using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Files;
using Engine.Core.Optim;
using Engine.Kernels;
using Xunit;

namespace Engine.Tests.Core;

public sealed class TreeTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Fact]
    public void LeavesAndNamesFollowTheDeclaration()
    {
        var network = SomeNetwork();
        Assert.Equal(
            ["Trunk[0].Weights", "Trunk[0].Bias", "Trunk[1].Weights", "Trunk[1].Bias", "Head.Weights", "Head.Bias"], Tree.Names(network));
        Assert.Equal([1, 2, 3, 4, 5, 6], Tree.Leaves(network).Select(leaf => leaf.Item()));
    }

    [Fact]
    public void TuplesArraysTensorsAndWhatIsMissingAreTrees()
    {
        Assert.Equal([""], Tree.Names(Number(1)));
        Assert.Equal(["Item1", "Item2[0]", "Item2[1]"], Tree.Names((Number(1), new[] { Number(2), Number(3) })));
        Assert.Equal(["[0].Item2"], Tree.Names(new (int, Tensor)[] { (3, Number(1)) }));
        Assert.Equal(["Weights"], Tree.Names(new Layer(Number(1), null)));
        Assert.Equal(["Rest.Item2"], Tree.Names((1, 2, 3, 4, 5, 6, 7, 8, Number(9))));
        Assert.Equal(["Both.First"], Tree.Names(new Perhaps(new Pair(Number(1), 2))));
        Assert.Empty(Tree.Names(new Perhaps(null)));
        Assert.Empty(Tree.Leaves(default(ValueTuple)));
    }

    [Fact]
    public void MapChangesTensorsAndNothingElse()
    {
        var network = SomeNetwork();
        var twice = Tree.Map(network, x => x * 2);
        Assert.Equal([2, 4, 6, 8, 10, 12], Tree.Leaves(twice).Select(leaf => leaf.Item()));
        Assert.Equal([1, 2, 3, 4, 5, 6], Tree.Leaves(network).Select(leaf => leaf.Item()));
        Assert.Equal("relu", twice.Name);
        Assert.Same(network.Optimiser, twice.Optimiser);
        Assert.Equal([3, 6, 9, 12, 15, 18], Tree.Leaves(Tree.Map(network, twice, (a, b) => a + b)).Select(leaf => leaf.Item()));
        Assert.Equal(new Pair(null!, 2), Tree.Map(new Pair(Number(1), 2), _ => null!));
        Assert.Equal(3, Tree.Map((Number(1), 3), x => x).Item2);
    }

    [Fact]
    public void DerivedRecordsAreWhatTheyAreAtRunTime()
    {
        Shape3 round = new Round(Number(1), Number(2));
        Assert.Equal(["Centre", "Radius"], Tree.Names(round));
        var moved = Assert.IsType<Round>(Tree.Map(round, x => x + 1));
        Assert.Equal(3, moved.Radius.Item());
        Assert.Equal(["Item1.Centre", "Item1.Radius"], Tree.Names((round, 1)));
        Assert.Equal(["Anything"], Tree.Names(new Holder(Number(1))));
        Assert.Equal(["Anything[0]"], Tree.Names(new Holder(new[] { Number(1) })));
        Assert.Empty(Tree.Names(new Holder("text")));
    }

    [Fact]
    public void WithPutsTensorsInOrder()
    {
        var layer = new Layer(Number(1), Number(2));
        Assert.Equal(new Layer(layer.Bias!, layer.Weights), Tree.With(layer, layer.Bias!, layer.Weights));
        var error = Assert.Throws<ArgumentException>(() => Tree.With(layer, layer.Weights));
        Assert.Contains("1 tensors were given for the 2 places of Layer", error.Message);
    }

    [Fact]
    public void OtherStructuresAreErrorsThatSayWhatDiffers()
    {
        var error = Assert.Throws<ArgumentException>(
            () => Tree.Map(new Layer(Number(1), null), new Layer(Number(1), Number(2)), (a, b) => a + b));
        Assert.Contains("one has nothing more, the other Bias", error.Message);
        Assert.Throws<ArgumentException>(() => Tree.Map(new[] { Number(1) }, [Number(1), Number(2)], (a, b) => a + b));
        Assert.Throws<ArgumentException>(() => Tree.Map<Holder>(new(Number(1)), new(new[] { Number(1) }), (a, b) => a + b));
    }

    [Fact]
    public void WhatIsNoTreeIsRefused()
    {
        Says("Double is no tree", () => Tree.Leaves(1.0));
        Says("String is no tree", () => Tree.Map("text", x => x));
        Says("List<Tensor> is no tree", () => Tree.Leaves(new List<Tensor>()));
        Says("Dictionary<String, Layer> is no tree", () => Tree.Leaves((1, new Dictionary<string, Layer>())));
        Says("List<Tensor> is no tree", () => Tree.Leaves(new Holder(new List<Tensor>())));

        static void Says(string part, Func<object> action) => Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message);
    }

    [Fact]
    public void KeepAndDisposeTakeAllTensors()
    {
        var inner = new TensorScope();
        var (kept, lost) = (Tree.Keep(SomeNetwork()), SomeNetwork());
        inner.Dispose();
        Assert.All(Tree.Leaves(kept), leaf => Assert.True(leaf.Item() > 0));
        Assert.All(Tree.Leaves(lost), leaf => Assert.Throws<ObjectDisposedException>(() => leaf.Item()));
        Tree.Dispose(kept);
        Assert.All(Tree.Leaves(kept), leaf => Assert.Throws<ObjectDisposedException>(() => leaf.Item()));
    }

    [Fact]
    public void TreesAreSavedUnderTheirNames()
    {
        using var folder = new TemporaryFolder();
        string path = folder.At("network.safetensors");
        var network = SomeNetwork();
        SafeTensors.Save(path, network);
        Assert.Equal(Tree.Names(network), SafeTensors.Read(path).Tensors.Keys);
        var loaded = SafeTensors.Load(path, Tree.Map(network, x => x * 0));
        Assert.Equal([1, 2, 3, 4, 5, 6], Tree.Leaves(loaded).Select(leaf => leaf.Item()));
        Assert.Equal(5, SafeTensors.Load(path, new Part(new Layer(Number(0), null))).Head.Weights.Item());
        Says("there is no tensor Weights", () => SafeTensors.Load(path, new Layer(Number(0), null)));
        Says(
            "tensor Head.Weights is Float32 [], but Float32 [2] is wanted",
            () => SafeTensors.Load(path, new Part(new Layer(Tensor.Zeros([2]), null))));
        SafeTensors.Save(path, Number(7));
        Assert.Equal(7, SafeTensors.Load(path, Number(0)).Item());

        static void Says(string part, Func<object> action) => Assert.Contains(part, Assert.Throws<InvalidDataException>(action).Message);
    }

    [Fact]
    public void VectorsAndTreesAreEachOthersOpposites()
    {
        var tree = (Steps(2, 3), new[] { Steps(), Steps(0), Steps(4) }, "text");
        var vector = Tree.ToVector(tree);
        Assert.Equal([0.0, 1, 2, 3, 4, 5, 0, 0, 1, 2, 3], vector.ToDoubles());
        var back = Tree.FromVector(Tree.Map(tree, x => x * 0), vector * 2);
        Assert.Equal(Tree.Leaves(tree).Select(x => x.Shape), Tree.Leaves(back).Select(x => x.Shape));
        Assert.All(Tree.Leaves(tree).Zip(Tree.Leaves(back)), x => Assert.Equal((x.First * 2).ToDoubles(), x.Second.ToDoubles()));
        Assert.Equal("text", back.Item3);
        Assert.Equal((vector * 2).ToDoubles(), Tree.ToVector(back).ToDoubles());
        Assert.Equal([5.0], Tree.ToVector(Number(5)).ToDoubles());

        static Tensor Steps(params int[] sizes) => Tensor.Range(sizes.Aggregate(1, (a, b) => a * b)).Reshape(sizes);
    }

    [Fact]
    public void DerivativesGoThroughVectorsBothWays()
    {
        var network = SomeNetwork();
        var through = Gradient.Of((Tree.ToVector(network) * Tensor.From(1f, 2, 3, 4, 5, 6)).Sum(), network);
        Assert.Equal([1, 2, 3, 4, 5, 6], Tree.Leaves(through).Select(x => x.Item()));
        var vector = Tree.ToVector(network).StopGradient();
        var parts = Tree.FromVector(network, vector);
        Assert.Equal([0.0, 0, 0, 0, 6, 5], Gradient.Of(parts.Head.Weights * parts.Head.Bias!, vector).ToDoubles());
    }

    // A vector that is taken apart and put together again is the vector itself; in the parts it has derivatives all the same.
    [Fact]
    public void DerivativesInThePartsOfAVectorAreThoseOfAllThatIsMadeOfThem()
    {
        using var scope = new TensorScope();
        var vector = Tensor.From(1f, 2, 3, 4, 5, 6);
        var (like, other) = ((Tensor.Zeros([2, 2]), Tensor.Zeros([1]), Tensor.Zeros([])), Tensor.From(2f));
        var source = vector * other;
        var parts = Tree.FromVector(like, source);
        var joined = Tree.ToVector(parts);
        Assert.Same(source.Buffer, joined.Buffer);
        var y = joined.Square().Sum() + (parts.Item1 * 10).Sum();

        var (first, second, third) = Gradient.Of(y, parts);
        Assert.Equal([14.0, 18, 22, 26], first.ToDoubles());
        Assert.Equal([20.0], second.ToDoubles());
        Assert.Equal(24.0, third.Item());
        Assert.Equal([14.0, 18, 22, 26], Gradient.Of(y, parts.Item1).ToDoubles());
        Assert.Equal(24.0, Gradient.Of(y, parts.Item3).Item());
        Assert.Equal([14.0, 18, 22, 26, 20, 24], Gradient.Of(y, source).ToDoubles());

        // In some parts and in what all of them depend on, at once.
        var (factor, last) = Gradient.Of(y, (other, parts.Item3));
        Assert.Equal((2 * 2 * 91.0) + 100, factor.Item());
        Assert.Equal(24.0, last.Item());
        Assert.Equal((2 * 2 * 91.0) + 100, Gradient.Of(y, other).Item());

        // Of higher order, and forward.
        Assert.Equal([2.0, 2, 2, 2], Gradient.Of(first.Sum(), parts.Item1).ToDoubles());
        Assert.Equal(2.0, Gradient.Of(Gradient.Of(y, parts.Item3), parts.Item3).Item());
        Assert.Equal(20 + 24, Gradient.Jvp(y, (parts.Item2, parts.Item3), (Tensor.From(1f), Tensor.Scalar(1))).Item(), 1e-6);
    }

    // A part by another shape, parts of members of a batch, and parts that a checkpointed function captures.
    [Fact]
    public void DerivativesInPartsOfAVectorFindTheirWayEverywhere()
    {
        using var scope = new TensorScope();
        var vector = Tensor.From(1f, 2, 3, 4, 5, 6) * 1;
        var (a, b) = Tree.FromVector((Tensor.Zeros([4]), Tensor.Zeros([2])), vector);
        var reshaped = Tree.ToVector((a.Reshape(2, 2), b)).Square().Sum();
        Assert.Equal([2.0, 4, 6, 8], Gradient.Of(reshaped, a).ToDoubles());
        Assert.Equal([10.0, 12], Gradient.Of(reshaped, b).ToDoubles());

        var (parts, squares) = Batch.Map(
            v =>
            {
                var tree = Tree.FromVector((Tensor.Zeros([2, 2]), Tensor.Zeros([2])), v * 1);
                return (tree, Tree.ToVector(tree).Square());
            },
            Tensor.Stack(0, vector, vector * 2));
        var (first, second) = Gradient.Of(squares.Sum(), parts);
        Assert.Equal([2.0, 4, 6, 8, 4, 8, 12, 16], first.ToDoubles());
        Assert.Equal([10.0, 12, 20, 24], second.ToDoubles());
        Assert.Equal([2.0, 4, 6, 8, 4, 8, 12, 16], Gradient.Of(squares.Sum(), parts.Item1).ToDoubles());

        var checkpointed = Gradient.Checkpoint(s => (Tree.ToVector((a, b)) * s).Sum(), Tensor.From(1f, 1, 1, 1, 2, 3));
        Assert.Equal([2.0, 3], Gradient.Of(checkpointed, b).ToDoubles());
        Assert.Equal([1.0, 1, 1, 1, 2, 3], Gradient.Of(checkpointed, vector).ToDoubles());
    }

    [Fact]
    public void VectorsThatDoNotFitAreErrors()
    {
        var layer = new Layer(Tensor.Zeros([2, 3]), Number(0));
        Says("Layer has [7] numbers, not [6]", () => Tree.FromVector(layer, Tensor.Zeros([6])));
        Says("Layer has [7] numbers, not [8]", () => Tree.FromVector(layer, Tensor.Zeros([8])));
        Says("not [7, 1]", () => Tree.FromVector(layer, Tensor.Zeros([7, 1])));
        Assert.ThrowsAny<ArgumentException>(() => Tree.ToVector(new Layer(Number(1), Tensor.Zeros([], ElementType.Float64))));
        Assert.ThrowsAny<ArgumentException>(() => Tree.ToVector(default(ValueTuple)));

        static void Says(string part, Func<object> action) => Assert.Contains(part, Assert.Throws<ArgumentException>(action).Message);
    }

    [Fact]
    public void TreesAreStoredUnderTheirNamesAndRestored()
    {
        var tree = (Layer: new Layer(Tensor.From(1f, 2), null), Count: Tensor.From([3], []));
        var stored = SafeTensors.Stored(tree, "agent.");
        Assert.Equal(["agent.Item1.Weights", "agent.Item2"], stored.Keys);
        Assert.Equal([ElementType.Float32, ElementType.Int32], stored.Values.Select(x => x.Type));
        Assert.Equal(["value"], SafeTensors.Stored(Number(7)).Keys);
        Assert.Equal(7, SafeTensors.Restored(SafeTensors.Stored(Number(7)), Number(0)).Item());

        // What was stored is a copy, and so is what is restored; what is not asked for is left out.
        var zero = Tree.Map(tree, x => x * 0);
        Tree.Dispose(tree);
        stored["other"] = stored["agent.Item2"];
        var restored = SafeTensors.Restored(stored, zero, "agent.");
        Assert.Equal([1.0, 2], restored.Layer.Weights.ToDoubles());
        Assert.Equal(3, restored.Count.Item());
        Assert.Null(restored.Layer.Bias);
        Assert.Equal([0.0, 0], zero.Layer.Weights.ToDoubles());
        Tree.Dispose(restored);
        Assert.Equal([1.0, 2], SafeTensors.Restored(stored, zero, "agent.").Layer.Weights.ToDoubles());

        Says(
            "there is no tensor Item1.Weights, Item2; there are agent.Item1.Weights, agent.Item2, other",
            () => SafeTensors.Restored(stored, zero));
        Says(
            "tensor agent.Item1.Weights is Float32 [2], but Float32 [3] is wanted",
            () => SafeTensors.Restored(stored, zero with { Layer = new(Tensor.Zeros([3]), null) }, "agent."));
        Says(
            "tensor agent.Item2 is Int32 [], but Float32 [] is wanted",
            () => SafeTensors.Restored(stored, zero with { Count = Number(0) }, "agent."));

        static void Says(string part, Func<object> action) => Assert.Contains(part, Assert.Throws<InvalidDataException>(action).Message);
    }

    public void Dispose() => _scope.Dispose();

    private static Tensor Number(double value) => Tensor.Full(value, [], ElementType.Float32);

    private static Network SomeNetwork()
        => new([new(Number(1), Number(2)), new(Number(3), Number(4))], new(Number(5), Number(6)), "relu", new Sgd(0.1));

    private sealed record Layer(Tensor Weights, Tensor? Bias);

    private sealed record Network(Layer[] Trunk, Layer Head, string Name, Optimiser Optimiser)
    {
        public Tensor[] Computed => [Head.Weights];
    }

    private sealed record Part(Layer Head);

    private readonly record struct Pair(Tensor First, int Second);

    private sealed record Perhaps(Pair? Both);

    private sealed record Holder(object Anything);

    private abstract record Shape3(Tensor Centre);

    private sealed record Round(Tensor Centre, Tensor Radius) : Shape3(Centre);
}
