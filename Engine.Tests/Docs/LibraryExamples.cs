using Engine.Core;
using Engine.Core.Autodiff;
using Engine.Core.Files;
using Engine.Core.Nn;
using Engine.Core.Operations;
using Engine.Core.Optim;
using Engine.Kernels;
using Engine.Kernels.Functions;
using Engine.RL.Meta;

namespace Engine.Tests.Docs;

/// <summary>
/// The code of docs/library.md, in its order: each block of the page is a run of lines of this file. A test runs the methods that have no
/// parameters, and compares what they print with the comments behind or below the lines that print it.
/// </summary>
internal static class LibraryExamples
{
    public static void Tensors()
    {
        var x = Tensor.From([1f, 2f, 3f, 4f, 5f, 6f], [2, 3]);
        Console.WriteLine(x);
        // [[1. 2. 3.]
        //  [4. 5. 6.]]
        Console.WriteLine($"{x.Type} {x.Shape}, {x.Count} elements");    // Float32 [2, 3], 6 elements

        var y = ((x * 2) - 1).Sqrt().Sum(1);
        Console.WriteLine(y);                                            // [4.9681 8.9624]
        Console.WriteLine(y.Max().Item() > 8);                           // True
        float[] values = y.ToArray<float>();
        Console.WriteLine(values.Length);                                // 2
    }

    public static void Shapes()
    {
        var x = Tensor.Range(6).Reshape(2, 3);
        Console.WriteLine(x[1]);                      // [3. 4. 5.]
        Console.WriteLine(x[.., ^1]);                 // [2. 5.]
        Console.WriteLine(x[0, 1..]);                 // [1. 2.]
        Console.WriteLine(x[.., Along.Every(2)]);
        // [[0. 2.]
        //  [3. 5.]]

        var row = Tensor.From(10f, 20f, 30f);
        var column = Tensor.From(100f, 200f).Unsqueeze(1);
        Console.WriteLine(x + row + column);
        // [[110. 121. 132.]
        //  [213. 224. 235.]]

        var centred = x - x.Mean(keepDims: true, 1);
        Console.WriteLine(centred[0]);                // [-1.  0.  1.]

        try
        {
            x.MatMul(row.Unsqueeze(0));
        }
        catch (ArgumentException e)
        {
            Console.WriteLine(e.Message);             // MatMul: [2, 3] x [1, 3]: inner sizes 3 and 1 differ
        }
    }

    public static void Gradients()
    {
        var x = Tensor.Scalar(2);
        var first = Gradient.Of(x.Pow(3), x);
        var second = Gradient.Of(first, x);
        var third = Gradient.Of(second, x);
        Console.WriteLine($"{first.Item()} {second.Item()} {third.Item()}");        // 12 12 6

        Tensor Valley(Tensor p) => ((p[1] - p[0].Square()).Square() * 100) + (1 - p[0]).Square();

        var at = Tensor.From(0f, 1f);
        var (value, gradient) = Gradient.ValueAndGradient(Valley, at);
        Console.WriteLine($"{value.Item()} {gradient}");                            // 101 [ -2. 200.]
        Console.WriteLine(Gradient.HessianVector(Valley, at, Tensor.From(1f, 0f))); // [-398.    0.]
        double[] errors = GradientCheck.Check(p => [Valley(p[0])], [at.Cast(ElementType.Float64)], order: 3);
        Console.WriteLine(errors.Max() < 1e-6);                                     // True

        Tensor Block(Tensor y) => Enumerable.Range(0, 100).Aggregate(y, (sum, i) => sum + ((sum * i).Sin() * 0.01));

        var plain = Block(Block(x));
        var lean = Gradient.Checkpoint(Block, Gradient.Checkpoint(Block, x));
        Console.WriteLine(Gradient.Of(lean, x).Item() == Gradient.Of(plain, x).Item()); // True

        var z = Tensor.From(0f);
        var small = z < 1;
        var bad = Tensor.Where(small, z, (z - 1).Sqrt());
        var good = Tensor.Where(small, z, Tensor.Where(small, 1, z - 1).Sqrt());
        Console.WriteLine($"{Gradient.Of(bad, z)} {Gradient.Of(good, z)}");         // [nan] [1.]
    }

    // A noisy sine at 64 places.
    public sealed record Data(Tensor X, Tensor Y)
    {
        public static Data Sample(Key key)
        {
            var x = Tensor.Uniform(key.Fold(0), [64, 1], -3, 3);
            return new(x, x.Sin() + Tensor.Normal(key.Fold(1), [64, 1], std: 0.1));
        }
    }

    public sealed record Network(Linear[] Hidden, Linear Head)
    {
        public static Network Initial(Key key)
            => new([Linear.Initial(key.Fold(0), 1, 32), Linear.Initial(key.Fold(1), 32, 32)], Linear.Initial(key.Fold(2), 32, 1));

        public Tensor Apply(Tensor x)
        {
            foreach (var layer in Hidden)
                x = layer.Apply(x).Tanh();
            return Head.Apply(x);
        }

        public Tensor Loss(Data data) => Losses.MeanSquaredError(Apply(data.X), data.Y);
    }

    public static void Networks()
    {
        var key = Key.Of(seed: 0);
        var network = Network.Initial(key.Fold(0));
        var data = Data.Sample(key.Fold(1));
        Network gradient = Gradient.Of(network.Loss(data), network);
        Console.WriteLine(gradient.Hidden[1].Weights.Shape);      // [32, 32]

        Network moved = Tree.Map(network, gradient, (p, g) => p - (g * 0.01));
        Console.WriteLine(moved.Loss(data).Item() < network.Loss(data).Item());    // True
        Console.WriteLine(string.Join(", ", Tree.Names(network)[..3]));            // Hidden[0].Weights, Hidden[0].Bias, Hidden[1].Weights
        Console.WriteLine(Tree.Leaves(network).Sum(p => p.Count));                 // 1153
    }

    public sealed record Learner(Network Network, OptimiserState<Network> Adam);

    public static void Training()
    {
        var key = Key.Of(seed: 0);
        var data = Data.Sample(key.Fold(1));
        var network = Network.Initial(key.Fold(0));
        var adam = new Chain(new ClipByGlobalNorm(10), new Adam(Schedules.Cosine(0.01, 0, steps: 500)));
        var learner = new Learner(network, adam.Initial(network));
        var loss = network.Loss(data);
        Console.WriteLine($"{loss.Item():F2}");                                    // 1.15
        for (int step = 0; step < 500; step++)
        {
            (learner, loss) = TensorScope.Step(learner, old =>
            {
                var (value, gradient) = Gradient.ValueAndGradient(now => now.Loss(data), old.Network);
                var (updated, state) = adam.Update(old.Network, gradient, old.Adam);
                return (new Learner(updated, state), value);
            });
        }

        Console.WriteLine($"{loss.Item():F2}");                                    // 0.01
        Console.WriteLine(learner.Adam.Step.Item());                               // 500

        string path = Path.GetTempFileName();
        SafeTensors.Save(path, learner);
        var like = Network.Initial(Key.Of(seed: 1));
        var loaded = SafeTensors.Load(path, new Learner(like, adam.Initial(like)));
        Console.WriteLine(loaded.Network.Loss(data).Item() == learner.Network.Loss(data).Item());    // True

        Console.WriteLine(SafeTensors.Read(path).Tensors.Keys.First());            // Network.Hidden[0].Weights

        File.Delete(path);
    }

    public static void Programs()
    {
        var key = Key.Of(seed: 0);
        var (network, data) = (Network.Initial(key.Fold(0)), Data.Sample(key.Fold(1)));
        using var program = new TensorProgram<(Network Network, Data Data), (Tensor Loss, Network Gradient)>(
            x => Gradient.ValueAndGradient(now => now.Loss(x.Data), x.Network));
        for (int call = 0; call < 2; call++)
        {
            var (loss, gradient) = program.Run((network, data));
            Console.WriteLine($"{loss.Item():F2} {gradient.Head.Bias}, {program.CommandCount > 0}");
        }
        // 1.15 [0.007], True
        // 1.15 [0.007], True

        double rate = 0.1;
        using var frozen = new TensorProgram<Tensor, Tensor>(x => x * rate) { Verify = true };
        frozen.Run(data.X);
        rate = 0.5;
        try
        {
            frozen.Run(data.X);
        }
        catch (InvalidOperationException e)
        {
            Console.WriteLine(e.Message);
        }
        // Verify: a replay gives other results than its function: the result … The first thing to differ is Scale of …: 0.1 at recording,
        // 0.5 now, in …: pass it as an input.
    }

    public static void Loops()
    {
        var key = Key.Of(seed: 0);
        var network = Network.Initial(key.Fold(0));
        var adam = new Chain(new ClipByGlobalNorm(10), new Adam(Schedules.Cosine(0.01, 0, steps: 500)));
        using var training = new TensorLoop<Learner, Key, Tensor>(
            (old, key) =>
            {
                var data = Data.Sample(key);
                var (loss, gradient) = Gradient.ValueAndGradient(now => now.Loss(data), old.Network);
                var (updated, state) = adam.Update(old.Network, gradient, old.Adam);
                return (new Learner(updated, state), loss);
            },
            new Learner(network, adam.Initial(network)));
        for (int step = 0; step < 500; step++)
        {
            using var loss = training.Run(key.Fold(1).Fold(step));
            if (step == 499)
                Console.WriteLine($"{loss.Item():F2}");                            // 0.01
        }

        var trained = training.State.Network;
        Console.WriteLine(trained.Apply(Tensor.From(1.5f)).Item() > 0.9);            // True
    }

    public static void Keys()
    {
        var key = Key.Of(seed: 0);
        var noise = Tensor.Normal(key.Fold(0), [3, 4]);             // [3, 4]
        var dice = Tensor.Integers(key.Fold(1), 1, 7, [10]);        // Int32 [10]
        var each = Tensor.Uniform(key.Fold(2).Split(32), [5]);      // [32, 5]: five numbers from each of 32 keys
        var games = key.Fold(0..32);                                // 32 keys too, as key.Fold(0), key.Fold(1) and so on
        Console.WriteLine($"{noise.Shape} {dice.Shape} {each.Shape} {games.Shape}");    // [3, 4] [10] [32, 5] [32]

        var again = Tensor.Uniform(key.Fold(2).Split(32)[7], [5]);
        Console.WriteLine((again == each[7]).Min().Item());                              // 1
    }

    public static void Batches()
    {
        using var scope = new TensorScope();
        var key = Key.Of(seed: 0);
        var (network, data) = (Network.Initial(key.Fold(0)), Data.Sample(key.Fold(1)));

        Tensor losses = Batch.Map(row => network.Loss(row), data);
        Console.WriteLine(losses.Shape);                                      // [64]

        Network each = Batch.Map(row => Gradient.Of(network.Loss(row), network), data);
        Console.WriteLine(each.Head.Weights.Shape);                           // [64, 32, 1]

        Network all = Gradient.Of(Batch.Map(row => network.Loss(row), data).Mean(), network);
        Console.WriteLine((all.Head.Weights - each.Head.Weights.Mean(0)).Abs().Max().Item() < 1e-6);    // True

        Network networks = Batch.Map(Network.Initial, key.Fold(2).Split(16));
        Data datasets = Batch.Map(Data.Sample, key.Fold(3).Split(16));
        Network own = Batch.Map(x => Gradient.Of(x.Network.Loss(x.Data), x.Network), (Network: networks, Data: datasets));
        Console.WriteLine(own.Hidden[0].Weights.Shape);                       // [16, 1, 32]

        Network many = Gradient.Of(Batch.Map(x => x.Network.Loss(x.Data), (Network: networks, Data: datasets)).Sum(), networks);
        Console.WriteLine((many.Head.Bias - own.Head.Bias).Abs().Max().Item() < 1e-6);                  // True
    }

    public static class Inner
    {
        public static T ThreeUpdates<T>(Adam adam, T parameters, Func<T, Tensor> loss)
        {
            var state = adam.Initial(parameters);
            for (int update = 0; update < 3; update++)
                (parameters, state) = adam.Update(parameters, Gradient.Of(loss(parameters), parameters), state);
            return parameters;
        }

        public static Tensor Judged(Tensor logRate, Key key)
        {
            var (network, train, validation) = (Network.Initial(key.Fold(0)), Data.Sample(key.Fold(1)), Data.Sample(key.Fold(2)));
            var adam = new Adam(logRate.Exp(), EpsilonRoot: 1e-8);
            return ThreeUpdates(adam, network, now => now.Loss(train)).Loss(validation);
        }
    }

    public static void MetaGradients()
    {
        using var scope = new TensorScope();
        var key = Key.Of(seed: 0);
        var logRate = Tensor.Scalar(Math.Log(0.001));
        var slope = Gradient.Of(Inner.Judged(logRate, key), logRate);
        Console.WriteLine($"{slope.Item():F3}");                                   // -0.387

        const double H = 0.01;
        var (ahead, behind) = (Inner.Judged(logRate + H, key), Inner.Judged(logRate - H, key));
        Console.WriteLine($"{(ahead - behind).Item() / (2 * H):F3}");              // -0.387

        var weights = Tensor.From(1f, 1f);
        foreach (double root in (double[])[0, 1e-8])
        {
            var adam = new Adam(logRate.Exp(), EpsilonRoot: root);
            var moved = Inner.ThreeUpdates(adam, weights, w => (w * Tensor.From(1f, 0f)).Square().Sum());
            Console.WriteLine($"{Gradient.Of(moved.Sum(), logRate).Item():F4}");
        }
        // NaN
        // -0.0030
    }

    public static void SixteenSeeds()
    {
        var (key, outer) = (Key.Of(seed: 0), new Adam(0.1));
        var start = Tensor.Full(Math.Log(0.0001), [16]);
        using var meta = new TensorLoop<(Tensor LogRate, OptimiserState<Tensor> Outer), Key, Tensor>(
            (old, keys) =>
            {
                Tensor losses = Batch.Map(seed => Inner.Judged(seed.LogRate, seed.Key), (old.LogRate, Key: keys));
                return (outer.Update(old.LogRate, Gradient.Of(losses.Sum(), old.LogRate), old.Outer), losses);
            },
            (start, outer.Initial(start)));
        for (int iteration = 0; iteration <= 100; iteration++)
        {
            using var losses = meta.Run(key.Fold(iteration).Split(16));
            if (iteration % 50 == 0)
                Console.WriteLine($"loss {losses.Mean().Item():F2}, rates around {meta.State.LogRate.Mean().Exp().Item():F4}");
        }
        // loss 0.70, rates around 0.0001
        // loss 0.22, rates around 0.0055
        // loss 0.11, rates around 0.0048
    }

    public readonly struct CubeFunction : IUnary
    {
        public V Invoke<V>(V x) where V : struct, ILanes<V> => x * x * x;
    }

    public sealed record Cube : Unary<CubeFunction>
    {
        public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [g * x[0].Square() * 3];
    }

    // The last axis the other way round. The body does one index; the device runs it for all of them.
    public readonly struct ReverseBody<T>(View<T> y, View<T> x, int columns) : IBody
        where T : unmanaged
    {
        public void Invoke(int index)
        {
            int column = index % columns;
            y[index] = x[index - column + (columns - 1 - column)];
        }
    }

    public sealed record Reverse : Operation
    {
        public override Tensor?[] Vjp(Tensor g, Tensor y, Tensor[] x) => [new Reverse().Apply(g)];

        protected override Tensor Batched(BatchedInputs x) => Apply(x[0]);    // members come first, the last axis stays the last

        protected override (ElementType Type, Shape Shape) Infer(Tensor[] x)
            => x[0].Rank > 0 ? (x[0].Type, x[0].Shape) : throw Error($"{x[0].Shape} has no axis to reverse");

        protected override void Compute(Tensor y, Tensor[] x)
        {
            if (y.Type == ElementType.Float64)
                y.Device.For(y.Count, new ReverseBody<double>(y.Buffer.Write<double>(), x[0].Buffer.Read<double>(), y.Shape[-1]));
            else
                y.Device.For(y.Count, new ReverseBody<int>(y.Buffer.Write<int>(), x[0].Buffer.Read<int>(), y.Shape[-1]));
        }
    }

    public static void OwnOperations()
    {
        var x = Tensor.From([1f, 2f, 3f, 4f], [2, 2]);
        Console.WriteLine(Gradient.Of(new Cube().Apply(x).Sum(), x));
        // [[ 3. 12.]
        //  [27. 48.]]
        Console.WriteLine(Batch.Map(row => new Reverse().Apply(row), x));
        // [[2. 1.]
        //  [4. 3.]]
        double[] errors = GradientCheck.Check(
            p => [new Reverse().Apply(p[0]) * new Cube().Apply(p[0])], [x.Cast(ElementType.Float64)], order: 2);
        Console.WriteLine(errors.Max() < 1e-6);    // True
    }

    public static void Devices()
    {
        using var gpu = Device.Open(Device.Names.Contains("cuda:0") ? "cuda:0" : "cpu");
        using var scope = new TensorScope();
        var key = Key.Of(seed: 0);
        var network = Tree.Map(Network.Initial(key.Fold(0)), p => p.To(gpu));
        var data = Tree.Map(Data.Sample(key.Fold(1)), x => x.To(gpu));
        Console.WriteLine(network.Loss(data).Device == gpu);    // True
        Console.WriteLine($"{network.Loss(data).Item():F2}");   // 1.15
    }

    // The inner loss draws theta to eta, the outer loss to 3, and both see it with noise.
    public sealed class Aim(Tensor eta) : IMetaProblem<Tensor, ValueTuple, Tensor>
    {
        public Optimiser Optimiser { get; } = new Sgd(0.1);

        public (Tensor Rollout, ValueTuple Next) Sample(Tensor theta, ValueTuple state, Key key)
            => (Tensor.Normal(key, [], std: 0.5), state);

        public RolloutLosses Losses(Tensor theta, Tensor noise)
            => new((theta - eta + noise).Square(), (theta - 3 + noise).Square());
    }

    public static void LookingAhead()
    {
        using var scope = new TensorScope();
        var (key, eta, theta) = (Key.Of(seed: 0), Tensor.Scalar(1), Tensor.Scalar(0));
        var problem = new Aim(eta);
        var start = new InnerState<Tensor, ValueTuple>(theta, problem.Optimiser.Initial(theta), default);
        var points = InnerLoop.Unroll(problem, start, key, steps: 3);
        Tensor[] outer = [.. points.Select(point => point.OuterLoss)];
        foreach (string name in (string[])["1", "3", "3-mix"])
            Console.WriteLine($"{name}: {Gradient.Of(MetaGradientMethod.Parse(name).Of(outer), eta).Item():F2}");
        // 1: -1.23
        // 3: -2.44
        // 3-mix: -1.81
        start = points[0].State;                                        // only the first update is kept

        Tensor MetaGradient(string name, Key key)
        {
            var method = MetaGradientMethod.Parse(name);
            var outer = InnerLoop.Unroll(problem, start, key, method.Steps).Select(point => point.OuterLoss);
            return Gradient.Of(method.Of([.. outer]), eta);
        }

        foreach (string name in (string[])["1", "3", "3-mix"])
        {
            Tensor estimates = Batch.Map(each => MetaGradient(name, each), key.Split(10_000));
            Console.WriteLine($"{name}: {estimates.Mean().Item():F2}, std {estimates.Std().Item():F2}");
        }
        // 1: -1.89, std 0.37
        // 3: -2.84, std 0.61
        // 3-mix: -2.27, std 0.23
    }
}
