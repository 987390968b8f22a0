using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Nn;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.Kernels.Cpu;
using Xunit;

namespace Engine.Tests.Core;

public sealed class BatchTests : IDisposable
{
    private readonly TensorScope _scope = new();

    [Fact]
    public void AFunctionOfOneIsAFunctionOfMany()
    {
        var x = Tensor.From([1.0, 2, 3, 4, 5, 6], [3, 2]);
        var weights = Tensor.From([0.5, -1], [2]);
        Assert.Equal([-1.5, -2.5, -3.5], Batch.Map(row => (row * weights).Sum(), x).ToDoubles());
        var (sum, (largest, same)) = Batch.Map(row => (row.Sum(), (row.Max(), weights)), x);
        Assert.Equal([3.0, 7, 11], sum.ToDoubles());
        Assert.Equal([2.0, 4, 6], largest.ToDoubles());
        Assert.Equal([0.5, -1, 0.5, -1, 0.5, -1], same.ToDoubles());
        Assert.Equal("[3, 2]", same.Shape.ToString());
    }

    [Fact]
    public void MembersDontMeetThroughSumsNormsOrMeans()
    {
        var x = Tensor.From([3.0, 4, 300, 400], [2, 2]);
        var clipped = Batch.Map(g => Clip.ByGlobalNorm(g, 10), x);
        Assert.Equal([3.0, 4, 6, 8], clipped.Gradients.ToDoubles(), (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal([5.0, 500], clipped.Norm.ToDoubles());
        Assert.Equal([3.5, 350], Batch.Map(g => g.Mean(), x).ToDoubles());
    }

    // Programs are recorded for all members at once, or not at all: never for one of them.
    [Fact]
    public void ProgramsWithinAMapAreAPartOfItOrSayThatTheyCantBe()
    {
        var rows = Tensor.Range(6).Reshape(3, 2);
        using var twice = new TensorProgram<Tensor, Tensor>(x => x * 2);
        Assert.Equal((rows * 2).ToDoubles(), Batch.Map(twice.Run, rows).ToDoubles());
        using var loop = new TensorLoop<Tensor, Tensor, Tensor>((state, x) => (state + 1, x), Tensor.Scalar(0));
        using var blocked = BlockedProgram.Map<Tensor, Tensor, Tensor>((shared, row) => shared * row);
        Says("a loop has one state", () => Batch.Map(loop.Run, rows));
        Says("map within its function", () => Batch.Map(row => blocked.Run(Tensor.Ones([1]), row.Unsqueeze(0)), rows));
        Says("captures a tensor of one member", () => Batch.Map(
            row =>
            {
                using var program = new TensorProgram<Tensor, Tensor>(x => x + row);
                return program.Run(Tensor.Ones([2]));
            },
            rows));
        Says("captures a tensor of one member", () => Batch.Map(
            row =>
            {
                using var checking = new TensorProgram<Tensor, Tensor>(x => x + row) { CheckFinite = true };
                return checking.Run(Tensor.Ones([2]));
            },
            rows));
        Assert.Equal(0, loop.State.Item());
        Assert.Equal([0.0, 1, 2, 3, 4, 5], loop.Run(rows).ToDoubles());

        static void Says(string part, Action action) => Assert.Contains(part, Assert.Throws<InvalidOperationException>(action).Message);
    }

    // The outer products of 500 rows would take 500 x 40 x 60 numbers, and the sum over them as long.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheGradientOfAMeanOverAMapWorksInNoMoreThanThatOfABatchByHand(bool recorded)
    {
        long byHand = Peak(x => (x.Rows.MatMul(x.Weights, bias: x.Bias)).Relu().Square().Mean(1).Mean());
        long mapped = Peak(
            x => Batch.Map(row => row.Unsqueeze(0).MatMul(x.Weights, bias: x.Bias).Relu().Square().Mean(), x.Rows).Mean());
        Assert.Equal(byHand, mapped);
        Assert.InRange(mapped, 1, 500 * 40 * 60 * sizeof(float) / 2);

        long Peak(Func<(Tensor Weights, Tensor Bias, Tensor Rows), Tensor> loss)
        {
            using var device = new CpuDevice(1);
            using var scope = new TensorScope();
            var key = Key.Of(0, device);
            var x = (Tensor.Normal(key.Fold(0), [40, 60]), Tensor.Zeros([60], device: device), Tensor.Normal(key.Fold(1), [500, 40]));
            using var program = new TensorProgram<(Tensor, Tensor, Tensor), (Tensor, Tensor, Tensor)>(x => Gradient.Of(loss(x), x));
            for (int run = 0; run < 3; run++)
            {
                using var inner = new TensorScope();
                if (recorded)
                    program.Run(x);
                else
                    Gradient.Of(loss(x), x);
            }

            return device.Pool.PeakBytes;
        }
    }

    [Fact]
    public void GradientsWithinAreThoseOfEachMemberAndWithoutOfAll()
    {
        var x = Tensor.From([1.0, 2, 3, 4, 5, 6], [3, 2]);
        var w = Tensor.From([0.5, -1], [2]);
        var each = Batch.Map(row => Gradient.Of((row * w).Sum().Square(), w), x);
        Assert.Equal([-3.0, -6, -15, -20, -35, -42], each.ToDoubles());
        var all = Gradient.Of(Batch.Map(row => (row * w).Sum().Square(), x).Sum(), w);
        Assert.Equal([-53.0, -68], all.ToDoubles());
        Assert.Equal(all.ToDoubles(), each.Sum(0).ToDoubles());

        // And derivatives of what was derived within: the Hessian of the sum is the sum of outer products of rows, doubled.
        var along = Gradient.Of((each.Sum(0) * Tensor.From([1.0, 0], [2])).Sum(), w);
        Assert.Equal([2.0 * (1 + 9 + 25), 2.0 * (2 + 12 + 30)], along.ToDoubles());
    }

    [Fact]
    public void MapsNest()
    {
        var a = Tensor.From([1.0, 2, 3], [3]);
        var b = Tensor.From([10.0, 20], [2]);
        var table = Batch.Map(x => Batch.Map(y => (x * y) + x.StopGradient(), b), a);
        Assert.Equal([11.0, 21, 22, 42, 33, 63], table.ToDoubles());
        var slopes = Batch.Map(x => Batch.Map(y => Gradient.Of(Gradient.Of(x * x * y, x), y), b), a);
        Assert.Equal([2.0, 2, 4, 4, 6, 6], slopes.ToDoubles());

        // A map of maps is one over pairs.
        var (wide, high) = (Tensor.Stack(0, a, a + 1), Tensor.Stack(0, a * 2, a * 3));
        var nested = Batch.Map(p => Batch.Map(q => (q.Left * q.Right).Exp(), p), (Left: wide, Right: high));
        var flat = Batch.Map(q => (q.Left * q.Right).Exp(), (Left: wide.Reshape(-1), Right: high.Reshape(-1)));
        Assert.Equal(flat.ToDoubles(), nested.ToDoubles());
        Assert.Equal("[2, 3]", nested.Shape.ToString());
    }

    [Fact]
    public void NetworksWithWeightsOfTheirOwnLearnEachForItself()
    {
        var adam = new Adam(0.1);
        var whole = Batch.Map(key => Mlp.Initial(key, [2, 3, 1], Activation.Tanh, ElementType.Float64), Key.Of(0).Split(4));
        var x = Tensor.Normal(Key.Of(3).Split(4), [5, 2], type: ElementType.Float64);
        var (together, losses) = Batch.Map(Update, (whole, x));
        for (int member = 0; member < 4; member++)
        {
            var (alone, loss) = Update((Tree.Map(whole, p => p[member]), x[member]));
            Assert.Equal(loss.ToDoubles(), losses[member].ToDoubles());
            Assert.Equal(
                Tree.Leaves(alone).SelectMany(leaf => leaf.ToDoubles()), Tree.Leaves(together).SelectMany(leaf => leaf[member].ToDoubles()),
                (a, b) => Math.Abs(a - b) <= 1e-12 * (1 + Math.Abs(a)));
        }

        ((Mlp, OptimiserState<Mlp>) Learner, Tensor Loss) Update((Mlp Theta, Tensor X) one)
        {
            var loss = (one.Theta.Apply(one.X) - one.X.Sum(-1).Unsqueeze(-1)).Square().Mean();
            return (adam.Update(one.Theta, Gradient.Of(loss, one.Theta), adam.Initial(one.Theta)), loss);
        }
    }

    [Fact]
    public void ProgramsAndMapsTakeEachOther()
    {
        Tensor x = Tensor.From([1.0, 2, 3, 4, 5, 6], [3, 2]), w = Tensor.From([0.5, -1], [2]);
        using var inner = new TensorProgram<(Tensor Row, Tensor W), Tensor>(t => Gradient.Of((t.Row * t.W).Sin().Sum(), t.W));
        using var outer = new TensorProgram<(Tensor X, Tensor W), Tensor>(t => Batch.Map(row => inner.Run((row, t.W)), t.X));
        double[] expected = Batch.Map(row => Gradient.Of((row * w).Sin().Sum(), w), x).ToDoubles();
        for (int run = 0; run < 4; run++)
        {
            Assert.Equal(expected, outer.Run((x, w)).ToDoubles());
            Assert.Equal(expected, Batch.Map(row => inner.Run((row, w)), x).ToDoubles());
        }
    }

    [Fact]
    public void AMapRecordsWhatIsWrittenByHand()
    {
        Tensor x = Tensor.Ones([8, 5]), w = Tensor.Ones([5, 4]), b = Tensor.Ones([4]);
        Assert.Equal(
            Commands(t => (t[0].MatMul(t[1], bias: t[2]).Tanh().Square().Sum(-1)).Mean()),
            Commands(t => Batch.Map(row => row.Unsqueeze(0).MatMul(t[1], bias: t[2]).Tanh().Square().Sum(), t[0]).Mean()));

        int Commands(Func<Tensor[], Tensor> loss)
        {
            using var program = new TensorProgram<Tensor[], Tensor[]>(t => Gradient.Of(loss(t), t[1..]));
            for (int run = 0; run < 3; run++)
                program.Run([x, w, b]);
            return program.CommandCount;
        }
    }

    // Weights of their own: one grouped convolution does, however many members there are, and however deep maps are.
    [Fact]
    public void AMapOverConvolutionsRecordsOneOfEach()
    {
        Func<Tensor[], Tensor[]> one = t =>
        {
            var y = new Conv2d(t[2], t[3], Padding.Valid).ReluPool(t[0].Convolve(t[1]));
            return [y, .. Gradient.Of(Gradient.Of(y.Square().Sum(), t[1]).Square().Sum(), t)];
        };
        int alone = Commands(one, []);
        foreach (int members in (int[])[1, 3, 10])
        {
            // What is one number alone is several then, which may keep maps from becoming parts of others.
            Assert.InRange(Commands(t => Batch.Map(one, t), [members]), alone - 3, alone + 3);
            Assert.InRange(Commands(t => Batch.Map(x => Batch.Map(one, x), t), [2, members]), alone - 3, alone + 3);
        }

        static int Commands(Func<Tensor[], Tensor[]> function, int[] members)
        {
            int[][] shapes = [[2, 4, 4, 3], [3, 3, 3, 5], [3, 3, 5, 2], [2]];
            Tensor[] x = [.. shapes.Select(shape => Tensor.Ones([.. members, .. shape]))];
            using var program = new TensorProgram<Tensor[], Tensor[]>(function);
            for (int run = 0; run < 3; run++)
                program.Run(x);
            return program.CommandCount;
        }
    }

    // What is an inner map's own, each of an outer map's or shared by them.
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void NestedMapsOfConvolutionsAreLoops(bool ownImages, bool ownWeights)
    {
        Tensor[] x = [Draw(0, 3, 2, 5, 4, 2), Draw(1, 3, 3, 3, 2, 4), Draw(2, 3, 4)];
        Tensor[] others = [ownImages ? Draw(3, 2) : Tensor.Ones([2], x[0].Type), ownWeights ? Draw(4, 2) : Tensor.Ones([2], x[0].Type)];
        var loop = Tensor.Stack(0, [.. Enumerable.Range(0, 6).Select(
            i => One(x[0][i % 3] * others[0][i / 3], x[1][i % 3] * others[1][i / 3], x[2][i % 3]))]);
        var map = Batch.Map(
            t => Batch.Map(
                s => One(s.Item1, s.Item2, s.Item3), (ownImages ? x[0] * t[0] : x[0], ownWeights ? x[1] * t[1] : x[1], x[2])),
            others);
        Close(loop, map);
        var (expected, actual) = (Gradient.Of(loop.Square().Sum(), x), Gradient.Of(map.Square().Sum(), x));
        for (int i = 0; i < x.Length; i++)
            Close(expected[i], actual[i]);

        static Tensor Draw(int number, params int[] shape)
            => Tensor.Normal(Key.Of(0).Fold(number), shape, type: ElementType.Float64);

        static Tensor One(Tensor images, Tensor weights, Tensor bias)
        {
            Tensor[] x = [images, weights, bias];
            var y = images.Convolve(weights, Padding.Valid).Square().Sum() + new Conv2d(weights, bias).ReluPool(images).Square().Sum();
            return Tensor.Concatenate(0, [.. Gradient.Of(y, x).Select(g => g.Reshape(-1))]);
        }

        static void Close(Tensor expected, Tensor actual)
            => Assert.Equal(
                expected.ToDoubles(), actual.Reshape(-1).ToDoubles(), (a, b) => Math.Abs(a - b) <= 1e-11 * (1 + Math.Abs(a)));
    }

    [Fact]
    public void TheGradientOfAMeanNeedsNoStackOfOuterProducts()
    {
        // 500 rows through 200 x 300: a stack of outer products would be 120 MB, rows and results are 1.
        using var device = new CpuDevice(2);
        var (rows, w) = (Tensor.Ones([500, 200], device: device), Tensor.Ones([200, 300], device: device));
        using var program = new TensorProgram<(Tensor Rows, Tensor W), Tensor>(
            x => Gradient.Of(Batch.Map(row => row.Unsqueeze(0).MatMul(x.W).Tanh().Sum(), x.Rows).Mean(), x.W));
        for (int run = 0; run < 3; run++)
            program.Run((rows, w));
        Assert.InRange(program.WorkingBytes, 1, 8_000_000);
        long before = device.Pool.LiveBytes;
        Gradient.Of(Batch.Map(row => row.Unsqueeze(0).MatMul(w).Tanh().Sum(), rows).Mean(), w);
        Assert.InRange(device.Pool.LiveBytes - before, 1, 16_000_000);
    }

    [Fact]
    public void AnOperationWithoutARuleIsDoneMemberByMember()
    {
        var x = Tensor.From([1.0, 2, 3, 4], [2, 2]);
        Assert.Equal([2.0, 4, 6, 8], Batch.Map(row => new Twice().Apply(row), x).ToDoubles());
        Assert.Equal([4.0, 8, 12, 16], Gradient.Of(Batch.Map(row => new Twice().Apply(row).Square().Sum(), x).Sum() / 2, x).ToDoubles());
    }

    [Fact]
    public void CheckingScopesLookAtAllMembers()
    {
        using var scope = new TensorScope(checkFinite: true);
        var logits = Tensor.From([0, 1, 2, 0, -1e30, 3f], [2, 3]);
        Tensor chosen = Batch.Map(x => Categorical.Sample(x.Key, x.Logits), (Key: Key.Of(1).Split(2), Logits: logits));
        Tensor likely = Batch.Map(
            x => Categorical.LogProbability(Categorical.LogProbabilities(x.Logits), x.Chosen), (Logits: logits, Chosen: chosen));
        Assert.All(likely.ToDoubles(), log => Assert.InRange(log, -10, 0));
        Assert.Throws<NotFiniteNumberException>(
            () => Batch.Map(x => Categorical.Sample(x.Key, x.Logits / 0), (Key: Key.Of(1).Split(2), Logits: logits)));
        var wrong = Tensor.From([0, 1, 7, 2], [2, 2]);
        Says("Take: index 7, element 2 of [2, 2], is out of range: there are 3", () => Batch.Map(i => logits[0].Take(0, i), wrong));
        Says("ScatterAdd: index 7", () => Batch.Map(i => logits[0, ..2].ScatterAdd(0, i, 3), wrong));

        static void Says(string part, Func<Tensor> call) => Assert.Contains(part, Assert.Throws<ArgumentException>(call).Message);
    }

    [Fact]
    public void ProductsOverNothingAreZero()
    {
        Tensor rows = Tensor.Ones([2, 3, 0]), shared = Tensor.Ones([0, 4]), own = Tensor.Ones([2, 0, 4]);
        Assert.All(Batch.Map(x => x.MatMul(shared), rows).ToArray<float>(), Zero);
        Assert.All(Batch.Map(x => x.MatMul(shared, bias: Tensor.Ones([4])), rows).ToArray<float>(), y => Assert.Equal(1, y));
        Assert.All(Batch.Map(w => rows[0].MatMul(w), own).ToArray<float>(), Zero);

        static void Zero(float y) => Assert.Equal(0, y);
    }

    [Fact]
    public void ALoopIsNotOneMembers()
        => Assert.Contains(
            "can't run for each member",
            Assert.Throws<InvalidOperationException>(
                () => Batch.Map(
                    row =>
                    {
                        using var loop = new TensorLoop<Tensor, ValueTuple, Tensor>((state, _) => (state + 1, state), row);
                        return loop.Run(default);
                    },
                    Tensor.Ones([2, 3]))).Message);

    [Fact]
    public void ErrorsSayWhatToDo()
    {
        var x = Tensor.From([1.0, 2, 3, 4], [2, 2]);
        Says<InvalidOperationException>("can't be read within Batch.Map", () => Batch.Map(row => row * row.Sum().Item(), x));
        Says<InvalidOperationException>("Float64 [2] can't be read within Batch.Map", () => Batch.Map(row => row * row.ToDoubles()[0], x));
        Says<InvalidOperationException>("Tensor.Where", () => Batch.Map(row => row.Sum().Item() > 0 ? row : -row, x));
        Says<InvalidOperationException>("read what Map gives", () => Batch.Map(row => row * row.ToArray<double>()[0], x));
        Says<ArgumentException>("one or more, along their first axis, got [2, 2], []", () => Batch.Map(t => t.Item1, (x, x.Sum())));
        Says<ArgumentException>("first axis, got [2, 2], [3]", () => Batch.Map(t => t.Item1, (x, Tensor.From(1.0, 2, 3))));
        Says<ArgumentException>("got no tensor", () => Batch.Map(_ => x, Array.Empty<Tensor>()));
        Says<ArgumentException>("Add: shapes [2] and [3] do not broadcast", () => Batch.Map(row => row + Tensor.From(1.0, 2, 3), x));
        Tensor? kept = null;
        Batch.Map(row => kept = row, x);
        Says<InvalidOperationException>("after its Batch.Map had ended", () => kept! + 1);
        Assert.Contains("of each of 2 members", Batch.Map(row => (row, row.ToString()), x).Item2);
        Assert.Equal([2.0, 3, 4, 5], Batch.Map(row => row + 1, x).ToDoubles());

        static void Says<T>(string part, Func<object> action)
            where T : Exception
            => Assert.Contains(part, Assert.Throws<T>(action).Message);
    }

    public void Dispose() => _scope.Dispose();

    private sealed record Twice : Operation
    {
        public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [Apply(g)];

        protected override (ElementType Type, Shape Shape) Infer(Tensor[] x) => (x[0].Type, x[0].Shape);

        protected override void Compute(Tensor y, Tensor[] x)
        {
            var twice = x[0] * 2;
            y.Device.Copy(twice.Buffer, 0, y.Buffer, 0, y.Buffer.ByteLength);
        }
    }
}
